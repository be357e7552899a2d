/**
 * Several observers of one service: our own probe (`server`) and every reporter that says something of its health.
 * Each keeps its last word until it expires; the words together are one verdict, and only that verdict is confirmed.
 *
 *   rule       unhealthy                     degraded               healthy
 *   majority   more than half say so         they disagree          all say so
 *   any        one says so                   one says so            all say so
 *   all        all say so                    they disagree          all say so
 *   named      the named one's word, whatever the others say; without it as `majority`
 *
 * `unknown` is no vote. With one observer nothing of this is stored and nothing differs from a plain verdict.
 *
 * Rounds: three observers that look every 30 s must not confirm three times as fast as one. A suspicion is counted
 * on when an observer speaks that has spoken at or after the last count, so it never grows faster than the busiest
 * observer alone would make it grow.
 */
import type { Fusion, Health, Observer, Reason, Service, Source, StatusRow } from '@statewire/model';
import { limits } from '../lib/limits.ts';
import type { Rules } from './rules.ts';

/** The name of our own probe among the observers. */
export const OWN = 'server';

type Observers = Readonly<Record<string, Observer>>;

/** What one observer says now. */
export interface Word {
  readonly by: string;
  readonly verdict: Health;
  readonly at: number;
  readonly ms: number | null;
  readonly reason: Reason;
  readonly final: boolean;
  /** When it falls silent without another word; null when it promised none. */
  readonly expiresAt: number | null;
  readonly seq: number | null;
}

/** What all of them say together. */
export interface Fused {
  readonly verdict: Health;
  readonly reason: Reason;
  readonly final: boolean;
  /** Whether a suspicion may be counted on; undefined with one observer, who is always counted. */
  readonly round: boolean | undefined;
  /** What changes in the row beside the verdict. */
  readonly fields: Partial<Pick<Service, 'observers' | 'split'>>;
}

/** Takes a word in. */
export function hear(row: StatusRow, word: Word, now: number, rules: Pick<Rules, 'intervalMs'>): Fused {
  const alone: Fused = { verdict: word.verdict, reason: word.reason, final: word.final, round: undefined, fields: {} };
  if (!isService(row)) return alone;
  const silence = silenceMs(rules);
  const known = row.desired === 'active' ? heardBefore(row, word, silence) : {};
  const before = Object.hasOwn(known, word.by) ? known[word.by] : undefined;
  const observers: Record<string, Observer> = {};
  for (const [id, observer] of Object.entries(known)) if (observer.expiresAt > now) observers[id] = observer;
  observers[word.by] = {
    health: word.verdict,
    since: before?.health === word.verdict ? before.since : word.at,
    at: word.at,
    ms: word.ms,
    code: word.reason.code,
    text: word.reason.text,
    expiresAt: word.expiresAt ?? word.at + silence,
    seq: word.seq,
  };
  crowdOut(observers, word.by);
  if (Object.keys(observers).length === 1) {
    return Object.keys(row.observers).length === 0 ? alone : { ...alone, fields: { observers: {}, split: '' } };
  }
  const vote = voteOf(observers, row.fusion);
  const isOwnWord = vote.verdict === word.verdict && (vote.decider === null || vote.decider === word.by);
  return {
    verdict: vote.verdict,
    reason: vote.split === '' && isOwnWord ? word.reason : vote.reason,
    final: word.final && isOwnWord,
    round: isRound(row, before),
    fields: { observers, split: vote.split },
  };
}

/** Words that expired by a deadline no longer count. What the others say is shown at once, and believed with their next word. */
export function unheard(row: StatusRow, deadline: number): Partial<Service> {
  if (!isService(row)) return {};
  const all = Object.entries(row.observers);
  const left = all.filter(([, { expiresAt }]) => expiresAt > deadline);
  if (left.length === all.length) return {};
  const [only] = left;
  if (left.length > 1) {
    const observers = Object.fromEntries(left);
    const vote = voteOf(observers, row.fusion);
    return { observers, split: vote.split, observed: vote.verdict };
  }
  if (only === undefined) return { observers: {}, split: '' };
  return { observers: {}, split: '', observed: only[1].health, source: voterSource(row.source, only[0]) };
}

/** The next moment at which a word expires, or infinity. */
export function nextSilence(row: StatusRow): number {
  let next = Infinity;
  if (!isService(row)) return next;
  for (const { expiresAt } of Object.values(row.observers)) next = Math.min(next, expiresAt);
  return next;
}

/** Moves the ends of all words: we were away, or the clock was set. */
export function movedObservers(row: StatusRow, move: (expiresAt: number) => number): Partial<Service> {
  if (!isService(row) || Object.keys(row.observers).length === 0) return {};
  const observers: Record<string, Observer> = {};
  let isMoved = false;
  for (const [id, observer] of Object.entries(row.observers)) {
    const expiresAt = move(observer.expiresAt);
    isMoved ||= expiresAt !== observer.expiresAt;
    observers[id] = { ...observer, expiresAt };
  }
  return isMoved ? { observers } : {};
}

/** The counter this observer last sent, when there are several observers. */
export function seqHeard(row: StatusRow, by: string): { readonly seq: number | null; readonly at: number } | null {
  if (!isService(row) || !Object.hasOwn(row.observers, by)) return null;
  const observer = row.observers[by];
  return observer === undefined ? null : { seq: observer.seq, at: observer.at };
}

/** Who said what is now observed. A report that judges nothing changes the source and not this. */
export function voterOf(source: Source | null): string | null {
  if (source === null) return null;
  const voter = source['voter'];
  if (typeof voter === 'string') return voter;
  if (source.kind === 'probe') return OWN;
  return source.kind === 'report' ? source.id : null;
}

/** A source of which the newest word about health is another's. */
export function voterSource(source: Source | null, voter: string | null): Source | null {
  if (source === null || voter === null || voterOf({ ...source, voter: null }) === voter) return source;
  return { ...source, voter };
}

function isService(row: StatusRow): row is Service {
  return 'observers' in row && 'fusion' in row;
}

/** A word without a promise of the next one counts for this long. */
function silenceMs(rules: Pick<Rules, 'intervalMs'>): number {
  return Math.max(300_000, 3 * rules.intervalMs);
}

/** The others' words. The word of a single observer is in the row itself. */
function heardBefore(row: Service, word: Word, silence: number): Observers {
  if (Object.keys(row.observers).length > 0) return row.observers;
  const voter = voterOf(row.source);
  const at = row.observedAt;
  if (voter === null || voter === word.by || at === null || row.fresh === 'never' || row.fresh === 'expired') return {};
  const isSaid = row.observed === row.health;
  return {
    [voter]: {
      health: row.observed,
      since: at,
      at,
      ms: row.latencyMs,
      code: isSaid ? row.reason.code : row.observed,
      text: isSaid ? row.reason.text : '',
      expiresAt: row.expiresAt ?? at + silence,
      seq: row.source?.seq ?? null,
    },
  };
}

/** More observers than the bound: the one that was silent longest goes. */
function crowdOut(observers: Record<string, Observer>, by: string): void {
  const ids = Object.keys(observers).filter((id) => id !== by);
  ids.sort((a, b) => (observers[a]?.at ?? 0) - (observers[b]?.at ?? 0));
  for (const id of ids.slice(0, Math.max(0, ids.length + 1 - limits.observersMax))) delete observers[id];
}

function isRound(row: Service, before: Observer | undefined): boolean {
  if (row.suspect === null) return true;
  const countedAt = row.suspect['countedAt'];
  return before !== undefined && (typeof countedAt !== 'number' || before.at >= countedAt);
}

interface Vote {
  readonly verdict: Health;
  /** `1/3`, or empty when all agree. */
  readonly split: string;
  readonly reason: Reason;
  /** Whose word alone it is, with the rule `named`. */
  readonly decider: string | null;
}

function voteOf(observers: Observers, fusion: Fusion): Vote {
  const voters = Object.entries(observers).filter(([, { health }]) => health !== 'unknown');
  const [first] = voters;
  if (first === undefined) {
    return {
      verdict: 'unknown',
      split: '',
      reason: { code: 'unknown', text: 'No observer could judge.' },
      decider: null,
    };
  }
  const down = voters.filter(([, { health }]) => health === 'unhealthy');
  const bad = voters.filter(([, { health }]) => health !== 'healthy');
  const isSplit = voters.some(([, { health }]) => health !== first[1].health);
  const worst = down.length > 0 ? down : bad;
  const split = isSplit ? `${worst.length}/${voters.length}` : '';
  const named = fusion.rule === 'named' ? voters.find(([id]) => id === fusion.named) : undefined;
  if (named !== undefined) {
    const [id, { health, code, text }] = named;
    return { verdict: health, split, reason: { code, text }, decider: id };
  }
  if (!isSplit) {
    const { health, code, text } = first[1];
    return { verdict: health, split, reason: { code, text }, decider: null };
  }
  return {
    verdict: disputed(fusion.rule, { down: down.length, of: voters.length }),
    split,
    reason: why(worst, voters.length),
    decider: null,
  };
}

/** The verdict of observers that disagree. */
function disputed(rule: Fusion['rule'], { down, of }: { readonly down: number; readonly of: number }): Health {
  if (rule === 'any') return down > 0 ? 'unhealthy' : 'degraded';
  if (rule === 'all') return 'degraded';
  return down * 2 > of ? 'unhealthy' : 'degraded';
}

function why(worst: readonly (readonly [string, Observer])[], of: number): Reason {
  const [loudest] = worst;
  if (loudest === undefined) return { code: 'split', text: '' };
  const [id, { health, text }] = loudest;
  const said = text === '' ? id : `${id}: ${text}`;
  const says = worst.length === 1 ? 'says' : 'say';
  return { code: 'split', text: `${worst.length} of ${of} observers ${says} ${health} (${said})` };
}
