import { type ReactNode, useEffect, useRef } from 'react';
import { env } from '../lib/env.ts';

/** Glows once for 300 ms when `of` changes; nothing on the first showing, nothing under reduced motion. */
export function Glow({
  of,
  children,
  className,
}: {
  of: string | number | null;
  children: ReactNode;
  className?: string;
}): ReactNode {
  const ref = useRef<HTMLSpanElement>(null);
  const shown = useRef(of);
  useEffect(() => {
    if (shown.current === of) return;
    shown.current = of;
    // The animation interface and not a class: it needs no forced layout to start again, and nothing to clean up.
    if (!env.stillness())
      ref.current?.animate?.([{ backgroundColor: 'var(--glow)' }, { backgroundColor: 'transparent' }], 300);
  }, [of]);
  return (
    <span ref={ref} className={className} data-glow>
      {children}
    </span>
  );
}
