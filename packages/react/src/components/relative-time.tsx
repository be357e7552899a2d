import { ago, brief, long } from '@statewire/client/look';
import type { ReactNode } from 'react';
import { useNowAs } from '../use-now.ts';
import { styler, type Styled } from './styled.ts';

/** What `RelativeTime` takes. */
export interface RelativeTimeProps extends Styled {
  /** Epoch ms on the server's clock, or null. */
  readonly at: number | null;
  /** Shown when `at` is null. Default `never`. */
  readonly never?: string | undefined;
  /** `ago`: "4 s ago". `for`: "4 s", how long something has been so. `long`: the same in two units, "3 min 12 s". */
  readonly form?: 'ago' | 'for' | 'long' | undefined;
  /** What the pointer sees. Default: the moment as ISO 8601. */
  readonly title?: string | undefined;
}

/**
 * How long ago something was, by the server's clock. Ticks by itself and renders only when its words change: nothing
 * around it renders again. Without a provider above, by the clock of this machine.
 */
export function RelativeTime(props: RelativeTimeProps): ReactNode {
  const { at, never = 'never' } = props;
  const { root } = styler(props);
  return at === null ? <span className={root('sw-time')}>{never}</span> : <Ticking {...props} at={at} />;
}

function Ticking(props: RelativeTimeProps & { readonly at: number }): ReactNode {
  const { at, form = 'ago', title } = props;
  const { root } = styler(props);
  const iso = new Date(at).toISOString();
  const words = useNowAs((now) => phrases[form](at, now), iso);
  return (
    <time className={root('sw-time')} dateTime={iso} title={title ?? iso} suppressHydrationWarning>
      {words}
    </time>
  );
}

const phrases = {
  ago,
  for: (at: number, now: number): string => brief(now - at),
  long: (at: number, now: number): string => long(now - at),
} as const;
