import { useEffect, useRef, type ReactNode } from 'react';
import { classes } from './words.ts';

export interface ChangeHighlightProps {
  /** It glows once when this is another value than before. */
  readonly value: string | number | boolean | null;
  readonly children?: ReactNode;
  readonly className?: string | undefined;
}

/** Glows for a moment when its value changes. What it holds is never taken away or mounted anew. */
export function ChangeHighlight({ value, children, className }: ChangeHighlightProps): ReactNode {
  const element = useRef<HTMLSpanElement>(null);
  const last = useRef(value);
  useEffect(() => {
    if (Object.is(last.current, value)) return;
    last.current = value;
    const target = element.current;
    if (target === null) return;
    target.removeAttribute('data-changed');
    // Reading the size makes the browser notice the removal, so that the glow starts anew.
    void target.offsetWidth;
    target.setAttribute('data-changed', '');
  }, [value]);
  return (
    <span
      ref={element}
      className={classes('sw-change', className)}
      onAnimationEnd={() => element.current?.removeAttribute('data-changed')}
    >
      {children ?? String(value ?? '')}
    </span>
  );
}
