import { readField, type Json, type JsonObject, type Mut, type Row } from '@statewire/protocol';

/** A command without its id. */
export type Command = Omit<Mut, 't' | 'm'>;

/** A command and what goes with it wherever it waits, on disk too. Holds plain JSON only. */
export interface Given {
  /** `<tab>.<n>`: the same wherever and however often it is sent. */
  readonly m: string;
  readonly command: Command;
  /** When it was given, epoch ms on the server's clock. */
  readonly at: number;
  readonly isOptimistic: boolean;
  /** The fields it touches as they were seen, or null when they were not. */
  readonly before: JsonObject | null;
  /** What our own earlier commands made of the record since it was seen: no reason for a conflict. */
  readonly own: JsonObject | null;
}

/** The fields a command touches, as the row shows them; null when one of them is not in the row. */
export function seenBy({ f = {} }: Command, row: Row): JsonObject | null {
  const seen: Record<string, Json> = {};
  for (const path of Object.keys(f)) {
    const [field = path, ...key] = path.split('.');
    const value = row[field];
    if (value === undefined) return null;
    // Of a key that is not there yet the whole field is the old state: a patch can set a key, not take it away.
    const hasKey = key.length > 0 && typeof value === 'object' && value !== null && Object.hasOwn(value, key.join('.'));
    seen[hasKey ? path : field] = hasKey ? readField(row, path) : value;
  }
  return seen;
}

/** The server remembers a command's id this long; an older one could be carried out twice. */
export const COMMAND_AGE_MS_MAX = 86_400_000;
