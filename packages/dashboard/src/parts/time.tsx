import type { ReactNode } from 'react';
import { ago, brief, duration, exact } from '../lib/format.ts';
import { serverNow, useTick } from '../lib/ticker.ts';

/** `4 s ago`, ticking on the server's clock without rendering; the exact time on hover. */
export function Ago({
  at,
  className,
  none = 'never',
}: {
  at: number | null;
  className?: string;
  none?: string;
}): ReactNode {
  if (at === null) return <span className={className}>{none}</span>;
  return <Ticking at={at} className={className} text={(now) => ago(at, now)} />;
}

/** `3 min 12 s`: how long something has lasted. */
export function Lasting({
  since,
  className,
  short = false,
}: {
  since: number;
  className?: string;
  short?: boolean;
}): ReactNode {
  return <Ticking at={since} className={className} text={(now) => (short ? brief : duration)(now - since)} />;
}

function Ticking({
  at,
  className,
  text,
}: {
  at: number;
  className?: string | undefined;
  text: (now: number) => string;
}): ReactNode {
  const ref = useTick<HTMLTimeElement>(text);
  // The ticker owns the text from the first effect on; React must not write over it with an older one.
  return (
    <time
      ref={ref}
      dateTime={new Date(at).toISOString()}
      title={exact(at)}
      className={className}
      suppressHydrationWarning
    >
      {text(serverNow())}
    </time>
  );
}
