/**
 * The life of an instruction:
 *
 *     sent ----> received ----> done | refused
 *       \------------\--------> expired
 *
 * A word that is said twice changes nothing the second time, whoever was killed in between; an end stays.
 */
import type { Asked, Instruction, InstructionKind, InstructionState } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Fields } from './born.ts';

/** How an instruction moves, and what is said to it. */
export interface Move {
  readonly to: Exclude<InstructionState, 'sent'>;
  readonly answer: string;
  readonly at: number;
}

/** A new instruction, on its way. */
export function bornInstruction(
  given: Pick<Instruction, 'agent' | 'by' | 'expiresAt' | 'kind' | 'number' | 'recipient' | 'text' | 'until'>,
): Fields<Instruction> {
  return {
    observedAt: null,
    labels: {},
    source: null,
    state: 'sent',
    answer: '',
    receivedAt: null,
    endedAt: null,
    nextAt: given.expiresAt,
    ...given,
  };
}

/** Is it still to be answered? */
export function isOpen({ state }: Pick<Instruction, 'state'>): boolean {
  return state === 'sent' || state === 'received';
}

/** The instruction after a word of its agent, or of time. The same row: nothing moved. */
export function moveInstruction(row: Instruction, { to, answer, at }: Move): Result<Instruction> {
  if (to === 'received') {
    if (row.state === 'sent') return ok({ ...row, state: to, receivedAt: at });
    return row.state === 'received' ? ok(row) : over(row);
  }
  if (isOpen(row)) {
    const receivedAt = to === 'expired' ? row.receivedAt : (row.receivedAt ?? at);
    return ok({ ...row, state: to, answer, receivedAt, endedAt: at, nextAt: null });
  }
  return row.state === to && (row.answer === answer || to === 'expired') ? ok(row) : over(row);
}

/** Who comes too late is told what it was too late for. */
function over({ id, state }: Instruction): Result<never> {
  return refuse('gone', `instructions/${id} has ended as ${state}; there is nothing left to answer`);
}

/** What an agent's record says of its newest order. Messages order nothing. */
export function askedAfter(
  asked: Asked | null,
  row: Pick<Instruction, 'answer' | 'id' | 'kind' | 'state'>,
  at: number,
): Asked | null {
  const isOrder = row.kind !== 'message';
  const isNewest = asked === null || row.state === 'sent' || asked.instruction === row.id;
  if (!isOrder || !isNewest) return asked;
  return { instruction: row.id, kind: row.kind satisfies InstructionKind, state: row.state, answer: row.answer, at };
}
