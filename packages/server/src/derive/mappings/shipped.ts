import { Mappings } from '../mapping.ts';
import { runMappings } from './runs.ts';
import { agentWords, dtma, healthWords, linkWords, upWords } from './words.ts';

/** The mapping documents that come with the product. */
export const shippedMappings: Mappings = new Mappings([
  upWords,
  healthWords,
  linkWords,
  agentWords,
  dtma,
  ...runMappings,
]);
