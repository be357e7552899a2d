import { useEffect, useRef, useState } from 'react';

/**
 * Gives the focus back to what had it when something opened in front of the page. What opens here is opened by state and not by a
 * trigger of its own, so nobody else remembers it. Where that is gone, the focus goes to the page's content.
 */
export function useReturnFocus(open: boolean): (event: Event) => void {
  // Read before anything inside takes the focus.
  const [held, setHeld] = useState(() => ({ open, from: open ? document.activeElement : null }));
  if (held.open !== open) setHeld({ open, from: open ? document.activeElement : held.from });
  const from = useRef(held.from);
  useEffect(() => {
    from.current = held.from;
  });
  return (event) => {
    event.preventDefault();
    const now = document.activeElement;
    // Who has gone on meanwhile, by a key or a press, is not called back.
    if (now !== null && now !== document.body && now.closest('[role="dialog"], [role="alertdialog"]') === null) return;
    const back = from.current;
    if (back instanceof HTMLElement && back.isConnected && back !== document.body) back.focus();
    else document.querySelector<HTMLElement>('#content')?.focus();
  };
}
