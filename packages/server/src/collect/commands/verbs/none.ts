import { z } from 'zod';
import type { Args } from '../verb.ts';

/** The arguments of a command that takes none. */
export const none: z.ZodType<Args> = z.strictObject({});
