import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';

/**
 * A link in a row of a long list. The router's own link looks at the whole address each time it renders, of which a list that scrolls
 * renders hundreds a second; this one looks when it is pressed.
 */
export function RowLink({
  to,
  className,
  children,
}: {
  to: string;
  className: string;
  children: ReactNode;
}): ReactNode {
  const router = useRouter();
  const go = (event: MouseEvent): void => {
    // Another tab or window is the browser's affair.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.history.push(to);
  };
  return (
    <a href={to} onClick={go} className={className}>
      {children}
    </a>
  );
}
