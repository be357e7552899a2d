import type { Clock } from '../../lib/clock.ts';

/** Waits between two looks. True: it is over. */
export function rest(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ms: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      resolve(true);
    };
    const timer = clock.after(ms, () => {
      signal.removeEventListener('abort', end);
      resolve(false);
    });
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
