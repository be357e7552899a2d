/**
 * The statuses of one record over time, as marks: each word holds until the next mark, the last one for good. Built from
 * the transition log in the order in which it was recorded, so that a transition which was stamped with an earlier time
 * replaces what was believed of the time since then. Spans therefore never overlap, and tile everything since the first.
 */
import type { Status } from '@statewire/model';

/** From this moment on the record has this status. */
export interface Mark {
  readonly at: number;
  readonly word: Status;
}

/** Marks in order of time. Nothing is known of the time before the first. */
export type Track = readonly Mark[];

/** A span over which another word counts than the one that was recorded. */
export interface Cover {
  readonly from: number;
  readonly to: number;
}

/** Takes one more recorded transition into a track. Changes `marks`, which the caller owns. */
export function record(marks: Mark[], mark: Mark): void {
  let last = marks.at(-1);
  while (last !== undefined && last.at >= mark.at) {
    marks.pop();
    last = marks.at(-1);
  }
  if (last?.word !== mark.word) marks.push(mark);
}

/** A record's track from its birth: what it was born as, then each transition in the order of recording. */
export function replay(born: Mark, transitions: Iterable<Mark>): Mark[] {
  const marks: Mark[] = [born];
  for (const { at, word } of transitions) record(marks, { at: Math.max(at, born.at), word });
  return marks;
}

/** The track with one word over all these spans. Covers may overlap and come in any order. */
export function paint(track: Track, covers: readonly Cover[], word: Status): Track {
  const birth = track[0]?.at;
  if (birth === undefined || covers.length === 0) return track;
  const painted: Mark[] = [];
  let next = 0;
  let under: Status | null = null;
  for (const { from, to } of merged(covers)) {
    const start = Math.max(from, birth);
    if (start >= to) continue;
    for (let mark = track[next]; mark !== undefined && mark.at < start; mark = track[++next]) {
      under = mark.word;
      put(painted, mark);
    }
    put(painted, { at: start, word });
    for (let mark = track[next]; mark !== undefined && mark.at < to; mark = track[++next]) under = mark.word;
    if (under !== null) put(painted, { at: to, word: under });
  }
  for (let mark = track[next]; mark !== undefined; mark = track[++next]) put(painted, mark);
  return painted;
}

/** Covers as they are seen from outside: in order, none touching another. */
export function merged(covers: readonly Cover[]): readonly Cover[] {
  const sorted = covers.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  const out: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = out.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else out.push({ from, to });
  }
  return out;
}

/** Where the mark stands that holds at a time; -1 before the first. */
export function indexAt(track: Track, at: number): number {
  let low = 0;
  let high = track.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((track[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The spans of a window, in order: they tile what of the window lies after the first mark. */
export function* spans(
  track: Track,
  from: number,
  to: number,
): Generator<{ readonly from: number; readonly to: number; readonly word: Status }> {
  for (let i = Math.max(indexAt(track, from), 0); i < track.length; i += 1) {
    const mark = track[i];
    if (mark === undefined || mark.at >= to) return;
    const start = Math.max(mark.at, from);
    const end = Math.min(track[i + 1]?.at ?? Infinity, to);
    if (start < end) yield { from: start, to: end, word: mark.word };
  }
}

/** A later word for the same moment replaces the earlier one; the same word again says nothing. */
function put(marks: Mark[], mark: Mark): void {
  if (marks.at(-1)?.at === mark.at) marks.pop();
  if (marks.at(-1)?.word !== mark.word) marks.push(mark);
}
