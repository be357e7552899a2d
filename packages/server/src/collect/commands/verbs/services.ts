import type { Verb } from '../verb.ts';
import { none } from './none.ts';

/** What services have beside what every status-bearing record has. */
export const serviceVerbs: readonly Verb[] = [
  {
    name: 'refresh',
    on: ['services'],
    action: { call: 'operate' },
    summary: 'Probes now, with the same probe and the same timeout; once per 5 s',
    args: none,
    run: 'outside',
  },
  {
    name: 'accept-tools',
    on: ['services'],
    action: 'write',
    summary: 'Takes the tools as they are now for the expected ones; ends a drift',
    args: none,
    run: 'outside',
  },
];
