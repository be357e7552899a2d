import { useEffect, useRef, type ReactNode } from 'react';
import { styler, type Styled } from './styled.ts';

/** What `ChangeHighlight` takes. */
export interface ChangeHighlightProps extends Styled {
  /** It glows once when this is another value than before. */
  readonly value: string | number | boolean | null;
  /** What is shown; the value itself when absent. */
  readonly children?: ReactNode;
}

/**
 * Glows for a moment when its value changes; not on the first showing. What it holds is never taken away or mounted
 * anew. `data-changed` says `a` or `b` in turn, so that a second change starts the glow again without a forced layout.
 */
export function ChangeHighlight(props: ChangeHighlightProps): ReactNode {
  const { value, children } = props;
  const element = useRef<HTMLSpanElement>(null);
  const last = useRef(value);
  useEffect(() => {
    if (Object.is(last.current, value)) return;
    last.current = value;
    const target = element.current;
    target?.setAttribute('data-changed', target.getAttribute('data-changed') === 'a' ? 'b' : 'a');
  }, [value]);
  return (
    <span
      ref={element}
      className={styler(props).root('sw-change')}
      onAnimationEnd={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.removeAttribute('data-changed');
      }}
    >
      {children ?? String(value ?? '')}
    </span>
  );
}
