import type { Env } from '@statewire/client';

/** Does something now, and again `ms` after it is done, until it is stopped. */
export function repeat(
  env: Pick<Env, 'after' | 'reportError'>,
  ms: number,
  work: () => Promise<void>,
): { stop(): void } {
  let isStopped = false;
  let timer: { cancel(): void } | null = null;
  const round = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      env.reportError(error);
    }
    if (!isStopped) timer = env.after(ms, () => void round());
  };
  void round();
  return {
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}

/** What `promise` becomes, or an error when that takes longer. */
export async function within<T>(env: Pick<Env, 'after'>, ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = env.after(ms, () => late.reject(new Error(`no answer within ${ms} ms`)));
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    timer.cancel();
  }
}
