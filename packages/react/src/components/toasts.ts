/**
 * The toasts of a page: what is said, in which order, and what makes room. No drawing here (toaster.tsx) and no time:
 * how long each has left is counted by the Toaster, which knows when a person is reading.
 */
import type { Priority } from '@statewire/model';

/** What a toast says. */
export interface ToastInput {
  readonly title: string;
  readonly text?: string | undefined;
  /** Decides order, how long it stays, and whether it interrupts what is being read aloud. Default `normal`. */
  readonly priority?: Priority | undefined;
  readonly tone?: 'down' | 'degraded' | 'quiet' | 'up' | undefined;
  /** A newer toast of the same key takes the place of the older one; `dismiss(key)` takes it back. */
  readonly key?: string | undefined;
  /** How long it stays, ms; `null` until it is dismissed. Default by priority: 5 s, 6 s, 10 s, 20 s. */
  readonly forMs?: number | null | undefined;
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

/** A toast that is shown. */
export interface Toast extends ToastInput {
  readonly id: number;
  readonly priority: Priority;
  readonly forMs: number | null;
  /** How often this key was said while it stood. */
  readonly count: number;
}

/** What is said on a page. Make one per page and hand it to `<Toaster toasts={toasts} />`. */
export interface Toasts {
  readonly show: (toast: ToastInput) => number;
  /** Takes one back, by its number or its key. */
  readonly dismiss: (which: number | string) => void;
  readonly clear: () => void;
  /** The most pressing first, then the newest. */
  readonly get: () => readonly Toast[];
  readonly subscribe: (listener: () => void) => () => void;
}

/** What waits behind those that are seen; older and less pressing ones make room. */
export const TOASTS_MAX = 50;

/** Makes a list of toasts to be shown by a `Toaster`; bounded, the most urgent first. */
export function createToasts(): Toasts {
  let list: readonly Toast[] = [];
  let last = 0;
  const listeners = new Set<() => void>();
  const set = (next: readonly Toast[]): void => {
    if (next.length === list.length && next.every((toast, i) => toast === list[i])) return;
    list = next;
    const present = [...listeners];
    for (const listener of present) listener();
  };
  return {
    show(input) {
      last += 1;
      const { priority = 'normal', forMs = DURATIONS_MS[priority], key } = input;
      const before = key === undefined ? undefined : list.find((toast) => toast.key === key);
      const toast: Toast = { ...input, id: last, priority, forMs, count: (before?.count ?? 0) + 1 };
      const others = list.filter((each) => each !== before);
      set(
        [toast, ...others]
          .sort((a, b) => WEIGHTS[b.priority] - WEIGHTS[a.priority] || b.id - a.id)
          .slice(0, TOASTS_MAX),
      );
      return last;
    },
    dismiss: (which) => set(list.filter(({ id, key }) => id !== which && key !== which)),
    clear: () => set([]),
    get: () => list,
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

const WEIGHTS: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2, urgent: 3 };
const DURATIONS_MS: Readonly<Record<Priority, number>> = { low: 5_000, normal: 6_000, high: 10_000, urgent: 20_000 };
