/**
 * Instructions of one agent inside a transaction. The agent's record counts them, so that none is searched for: the newest
 * number is on it, ids are made of numbers, and only so many are kept.
 */
import type { Agent, Instruction, InstructionKind } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import type { Draft } from '../../keep/commit-types.ts';
import type { WriteDeps } from '../reports/deps.ts';

type Deps = Pick<WriteDeps, 'engine' | 'limits'>;

type Move = Parameters<WriteDeps['engine']['instructions']['move']>[1];

/** What an agent is to be told. */
export interface Told {
  readonly agent: string;
  readonly kind: InstructionKind;
  readonly text: string;
  readonly until: number | null;
  readonly expiresAt: number;
  readonly by: string;
}

/** Tells an agent something. The value is the instruction's id. */
export function instruct(deps: Deps, draft: Draft, told: Told): Result<string> {
  const { engine, limits } = deps;
  const agent = agentIn(draft, told.agent);
  if (agent === null) return refuse('not_found', `there is no agents/${told.agent}`);
  if (agent.waiting >= limits.instructionsWaitingMax) {
    return refuse(
      'too_large',
      `found ${agent.waiting} instructions that agents/${told.agent} has not answered, expected fewer than ${limits.instructionsWaitingMax}; wait until it answers or they expire`,
    );
  }
  const number = agent.instructed + 1;
  const id = idOf(told.agent, number);
  const row = engine.instructions.born({ ...told, number, recipient: agent.speaker });
  draft.put('instructions', id, row);
  draft.put('agents', agent.id, {
    ...agent,
    instructed: number,
    waiting: agent.waiting + 1,
    asked: engine.instructions.askedAfter(agent.asked, { ...row, id }, draft.now),
  });
  forgetOld(deps, draft, told.agent, number);
  return ok(id);
}

/** Moves an instruction, and with it what its agent's record says of it. */
export function moveIn({ engine }: Pick<Deps, 'engine'>, draft: Draft, id: string, move: Move): Result<Instruction> {
  const row = instructionIn(draft, id);
  if (row === null) return refuse('not_found', `there is no instructions/${id}`);
  const moved = engine.instructions.move(row, move);
  if (!moved.ok || moved.value === row) return moved;
  const next = moved.value;
  draft.put('instructions', id, next);
  const agent = agentIn(draft, row.agent);
  if (agent === null) return moved;
  const hasEnded = engine.instructions.isOpen(row) && !engine.instructions.isOpen(next);
  draft.put('agents', agent.id, {
    ...agent,
    waiting: hasEnded ? Math.max(0, agent.waiting - 1) : agent.waiting,
    asked: engine.instructions.askedAfter(agent.asked, next, move.at),
  });
  return moved;
}

/** What an agent has not answered, in its order. */
export function openOf({ engine, limits }: Deps, draft: Pick<Draft, 'get'>, agent: string): readonly Instruction[] {
  const row = agentIn(draft, agent);
  if (row === null || row.waiting === 0) return [];
  return keptOf(limits, draft, row).filter((each) => engine.instructions.isOpen(each));
}

/**
 * This credential speaks for the agent from now on, and what waits is for it. A program that holds a live connection for the
 * agent is not talked over by a report of another one.
 */
export function speakFor(
  deps: Deps,
  draft: Draft,
  agent: string,
  who: { readonly id: string; readonly isPresent: boolean },
): void {
  const row = agentIn(draft, agent);
  if (row === null || row.speaker === who.id) return;
  if (!who.isPresent && row.speaker !== null && row.presence === 'socket' && row.fresh === 'live') return;
  draft.put('agents', agent, { ...row, speaker: who.id });
  for (const each of openOf(deps, draft, agent)) draft.put('instructions', each.id, { ...each, recipient: who.id });
}

/** Ends all that waits for an agent that is not to hear of it any more. */
export function endAll(deps: Deps, draft: Draft, agent: string, answer: string): Result<null> {
  for (const { id } of openOf(deps, draft, agent)) {
    const ended = moveIn(deps, draft, id, { to: 'expired', answer, at: draft.now });
    if (!ended.ok) return ended;
  }
  return ok(null);
}

/** The instructions of an agent that is deleted go with it. */
export function forgetAll({ limits }: Pick<Deps, 'limits'>, draft: Draft, agent: string): void {
  const row = agentIn(draft, agent);
  if (row === null) return;
  for (const { id } of keptOf(limits, draft, row)) draft.delete('instructions', id);
}

/** The instruction of this id, as the transaction sees it. */
export function instructionIn(draft: Pick<Draft, 'get'>, id: string): Instruction | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `instructions` are Instruction.
  return draft.get('instructions', id) as Instruction | null;
}

/** The id of an agent's instruction. Names may be as long as ids: together with a number they would be too long for one. */
export function idOf(agent: string, number: number): string {
  const name = agent.length <= AGENT_CHARS_MAX ? agent : createHash('sha256').update(agent).digest('hex').slice(0, 32);
  return `${name}:${number}`;
}

const AGENT_CHARS_MAX = 110;

function keptOf(limits: Deps['limits'], draft: Pick<Draft, 'get'>, { id, instructed }: Agent): readonly Instruction[] {
  const kept: Instruction[] = [];
  for (let number = Math.max(1, instructed - keptMax(limits) + 1); number <= instructed; number += 1) {
    const row = instructionIn(draft, idOf(id, number));
    if (row !== null) kept.push(row);
  }
  return kept;
}

/** The oldest goes when one comes. One that waits is never the oldest of so many for long: it would be answered or expire. */
function forgetOld({ engine, limits }: Deps, draft: Draft, agent: string, newest: number): void {
  const id = idOf(agent, newest - keptMax(limits));
  const row = instructionIn(draft, id);
  if (row === null) return;
  if (engine.instructions.isOpen(row)) {
    moveIn({ engine }, draft, id, { to: 'expired', answer: 'overtaken by newer instructions', at: draft.now });
  }
  draft.delete('instructions', id);
}

function keptMax({ instructionsKeptMax }: Deps['limits']): number {
  return instructionsKeptMax;
}

function agentIn(draft: Pick<Draft, 'get'>, id: string): Agent | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `agents` are Agent.
  return draft.get('agents', id) as Agent | null;
}
