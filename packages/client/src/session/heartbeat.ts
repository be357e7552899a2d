/**
 * Is the other side still there? Pure. Two clocks run while a connection is open: silence (the server promises
 * to say something each `hb` ms) and probes (`p`, answered by `q`), which find a dead wire within 2.5 s of a
 * person coming back. A tick that itself came late proves nothing, because the page was asleep: it asks once more.
 */

/** Silence beyond `hb` that ends a connection, ms. */
export const SILENCE_MS = 5_000;

/** A probe without an answer and without any other sign of life ends a connection, ms. */
export const PROBE_MS_MAX = 2_500;

/** Between two probes while a person looks, ms. */
export const PROBE_EVERY_MS = 30_000;

/** What is known of the other side's life. */
export interface Life {
  readonly hb: number;
  readonly heardAt: number;
  /** False once silence outlasted `hb` + 5 s: what is shown may be old although the wire looks open. */
  readonly isFresh: boolean;
  /** The newest probe's number. */
  readonly asked: number;
  readonly probe: { readonly sentAt: number; readonly isSecond: boolean } | null;
  /** When the next probe is due if a person looks. */
  readonly probeAt: number;
}

/** What a look at the clock came to. */
export type Pulse = { readonly is: 'well'; readonly life: Life; readonly ask: boolean } | { readonly is: 'dead' };

/** A life that begins with a welcome and its first probe. */
export function firstLife(hb: number, now: number): Life {
  return {
    hb,
    heardAt: now,
    isFresh: true,
    asked: 1,
    probe: { sentAt: now, isSecond: false },
    probeAt: now + PROBE_EVERY_MS,
  };
}

/** Something arrived. */
export function hear(life: Life, now: number): Life {
  return { ...life, heardAt: now, isFresh: true };
}

/** The answer to probe `i` arrived. */
export function answer(life: Life, i: number, now: number): Life {
  return i === life.asked ? { ...life, probe: null, probeAt: now + PROBE_EVERY_MS } : life;
}

/** Someone came back and wants to know now. A young probe is enough: focus, visible and pageshow come together. */
export function lookForLife(life: Life, now: number): { readonly life: Life; readonly ask: boolean } {
  const isFresh = life.isFresh && now < silenceAt(life);
  const isUnderWay = life.probe !== null && now - life.probe.sentAt < PROBE_MS_MAX && now >= life.probe.sentAt;
  const wasJustAnswered = life.probe === null && isFresh && now - (life.probeAt - PROBE_EVERY_MS) < LATE_MS;
  if (isUnderWay || wasJustAnswered)
    return { life: isFresh === life.isFresh ? life : { ...life, isFresh }, ask: false };
  return { life: probed({ ...life, isFresh }, now, false), ask: true };
}

/** Looks at the clock. */
export function pulse(life: Life, now: number, isVisible: boolean): Pulse {
  const deadAt = deadlineOf(life);
  if (now >= deadAt) {
    if (life.probe?.isSecond === true || deadAt > now - LATE_MS) return { is: 'dead' };
    return { is: 'well', life: probed({ ...life, isFresh: false }, now, true), ask: true };
  }
  const ask = life.probe === null && isVisible && now >= life.probeAt;
  return { is: 'well', life: ask ? probed(life, now, false) : life, ask };
}

/** When `pulse` has something to decide next, epoch ms. */
export function pulseAt(life: Life, isVisible: boolean): number {
  const deadAt = deadlineOf(life);
  return life.probe === null && isVisible ? Math.min(deadAt, life.probeAt) : deadAt;
}

/** Is a wait over? A wall clock that was set back must not make it last for hours. */
export function isDue(until: number, since: number, now: number): boolean {
  return now >= until || now < since;
}

// A tick later than this means that the page or the machine slept; what came in meanwhile is still unread.
const LATE_MS = 1_000;

function probed(life: Life, now: number, isSecond: boolean): Life {
  return { ...life, asked: life.asked + 1, probe: { sentAt: now, isSecond }, probeAt: now + PROBE_EVERY_MS };
}

/** When silence has lasted too long: soon after a probe, else after what the server promised. */
function deadlineOf(life: Life): number {
  if (life.probe === null) return silenceAt(life);
  return Math.max(life.probe.sentAt, life.heardAt) + PROBE_MS_MAX;
}

function silenceAt(life: Life): number {
  return life.heardAt + life.hb + SILENCE_MS;
}
