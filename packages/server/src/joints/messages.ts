/**
 * Messages over time: each begins and ends at the times on its record, whoever is awake to see it, and is forgotten by whom
 * it was read some days after its end. The deadline heap wakes it; a start finds what came due meanwhile.
 */
import { ok, type Result } from '@statewire/protocol';
import { asMessage, forget } from '../collect/commands/plains/messages.ts';
import { advance, isForgotten } from '../derive/message.ts';
import type { Commit } from '../keep/commit-types.ts';
import type { Limits } from '../lib/limits.ts';

export interface MessagesDeps {
  readonly commit: () => Pick<Commit, 'write'>;
  readonly limits: Pick<Limits, 'receiptsKeptMs' | 'receiptsSliceMs' | 'receiptsSliceRows'>;
}

/** The time of one message has come; compared with the record again, which may have been written meanwhile. */
export function messageDue(
  { commit, limits }: MessagesDeps,
  org: string,
  id: string,
  deadline: number,
): Promise<Result<unknown>> {
  return commit().write(org, 'clock', (draft) => {
    const row = draft.get('messages', id);
    if (row === null || row['nextAt'] !== deadline) return ok(null);
    const message = asMessage(row);
    const next = advance(message, { now: draft.now, keptMs: limits.receiptsKeptMs });
    if (!isForgotten(next, draft.now)) {
      if (next !== message) draft.put('messages', id, { ...message, ...next });
      return ok(null);
    }
    const gone = forget(draft, id, limits.receiptsSliceRows);
    const isDone = gone < limits.receiptsSliceRows;
    draft.put('messages', id, {
      ...message,
      ...next,
      receipts: isDone ? 0 : Math.max(0, next.receipts - gone),
      nextAt: isDone ? null : draft.now + limits.receiptsSliceMs,
    });
    return ok(null);
  });
}
