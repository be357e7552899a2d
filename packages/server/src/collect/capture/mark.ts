/** How far a capture has come, as the document that is written with the records: what a process after us goes on from. */
import { isJsonObject, type Json, type JsonObject } from '@statewire/protocol';
import { formatLsn, parseLsn } from './lsn.ts';
import type { Position } from './stream.ts';

export interface Mark {
  readonly epoch: number;
  readonly cause: string;
  /** While a snapshot is under way there is no place to go on from: another one is taken. */
  readonly isWhole: boolean;
  /** Which database, and which tables and columns; another one of either is another beginning. */
  readonly system: string;
  readonly fingerprint: string;
  /** Of the log. Null when polling. */
  readonly position: Position | null;
  /** Polling: by table, the greatest value of the cursor that was seen. */
  readonly cursors: Readonly<Record<string, string>>;
}

/** Of which database, tables and columns a mark is. */
export type Place = Pick<Mark, 'fingerprint' | 'system'>;

/** Why everything has to be read from the start; null where a look can go on from the mark. */
export function whyAnew(known: Mark | null, now: Place): string | null {
  if (known === null) return 'first';
  if (known.system !== now.system) return 'other_database';
  if (known.fingerprint !== now.fingerprint) return 'changed';
  return known.isWhole ? null : 'unfinished';
}

/** The mark of another beginning: nothing is read yet. */
export function beginning(known: Mark | null, now: Place, cause: string): Mark {
  return { ...now, epoch: (known?.epoch ?? 0) + 1, cause, isWhole: false, position: null, cursors: {} };
}

export function markText({ position, cursors, ...mark }: Mark): JsonObject {
  const part = position?.part ?? null;
  return {
    ...mark,
    lsn: position === null ? null : formatLsn(position.lsn),
    part: part === null ? null : { lsn: formatLsn(part.finalLsn), done: part.done },
    cursors: { ...cursors },
  };
}

/** Null when it is none of ours: then there is nothing to go on from. */
export function readMark(value: Json | null): Mark | null {
  if (!isJsonObject(value)) return null;
  const { epoch, cause, isWhole, system, fingerprint, lsn, part, cursors } = value;
  if (typeof epoch !== 'number' || typeof system !== 'string' || typeof fingerprint !== 'string') return null;
  const at = typeof lsn === 'string' ? parseLsn(lsn) : null;
  return {
    epoch,
    cause: typeof cause === 'string' ? cause : '',
    isWhole: isWhole === true,
    system,
    fingerprint,
    position: at === null ? null : { lsn: at, part: partOf(part) },
    cursors: isJsonObject(cursors)
      ? Object.fromEntries(
          Object.entries(cursors).flatMap(([table, to]) => (typeof to === 'string' ? [[table, to]] : [])),
        )
      : {},
  };
}

function partOf(value: Json | undefined): Position['part'] {
  if (!isJsonObject(value)) return null;
  const { lsn, done } = value;
  const finalLsn = typeof lsn === 'string' ? parseLsn(lsn) : null;
  return finalLsn === null || typeof done !== 'number' ? null : { finalLsn, done };
}
