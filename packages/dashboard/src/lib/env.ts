/** Every browser global that has a mind of its own: time, storage, motion. Nothing else in this package reads them. */
export const env: Env = {
  now: () => Date.now(),
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  atRest: (run) => {
    // Not every browser says when it has nothing to do.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(run, { timeout: 5_000 });
    else setTimeout(run, 1_000);
  },
  read: (key) => {
    try {
      return localStorage.getItem(`statewire.${key}`);
    } catch {
      // Storage may be forbidden; then nothing is remembered and everything else works.
      return null;
    }
  },
  write: (key, value) => {
    try {
      if (value === null) localStorage.removeItem(`statewire.${key}`);
      else localStorage.setItem(`statewire.${key}`, value);
    } catch {
      // As above: full or forbidden storage only costs the memory of a choice.
    }
  },
  stillness: () => matchMedia('(prefers-reduced-motion: reduce)').matches,
};

interface Env {
  readonly now: () => number;
  /** Runs until the returned function is called. */
  readonly every: (ms: number, run: () => void) => () => void;
  readonly after: (ms: number, run: () => void) => () => void;
  /** Runs once, when the browser has nothing better to do. */
  readonly atRest: (run: () => void) => void;
  readonly read: (key: string) => string | null;
  readonly write: (key: string, value: string | null) => void;
  /** True when the person asked for reduced motion. */
  readonly stillness: () => boolean;
}
