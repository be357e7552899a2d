import type { ReactNode } from 'react';
import { useNow } from '../use-now.ts';
import { duration } from './words.ts';

export interface RelativeTimeProps {
  /** Epoch ms on the server's clock, or null. */
  readonly at: number | null;
  /** Shown when `at` is null. Default `never`. */
  readonly never?: string | undefined;
  /** `ago`: "4 s ago". `for`: "4 s", how long something has been so. */
  readonly form?: 'ago' | 'for' | undefined;
  readonly className?: string | undefined;
}

/** How long ago something was, by the server's clock. Ticks by itself: nothing around it renders again. */
export function RelativeTime({ at, never = 'never', form = 'ago', className }: RelativeTimeProps): ReactNode {
  return at === null ? (
    <span className={className}>{never}</span>
  ) : (
    <Ticking at={at} form={form} className={className} />
  );
}

function Ticking({
  at,
  form,
  className,
}: {
  readonly at: number;
  readonly form: 'ago' | 'for';
  readonly className: string | undefined;
}): ReactNode {
  const seconds = useNow(1_000);
  const iso = new Date(at).toISOString();
  return (
    <time className={className} dateTime={iso} title={iso} suppressHydrationWarning>
      {seconds === 0 ? iso : phrase(seconds - at, form)}
    </time>
  );
}

function phrase(ageMs: number, form: 'ago' | 'for'): string {
  if (form === 'for') return duration(ageMs);
  // A second of difference between clocks is not the future.
  if (ageMs > -2_000 && ageMs < 1_000) return 'now';
  return ageMs < 0 ? `in ${duration(-ageMs)}` : `${duration(ageMs)} ago`;
}
