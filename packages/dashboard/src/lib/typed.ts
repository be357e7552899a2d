import { useEffect, useEffectEvent, useState } from 'react';
import { env } from './env.ts';

/**
 * A text that is typed here and stands in the address: shown at once, told after a pause in typing, and following the address
 * when that changes from elsewhere (back, a link).
 */
export function useTyped(
  told: string,
  pauseMs: number,
  onTyped: (text: string) => void,
): readonly [typed: string, setTyped: (text: string) => void] {
  const [typed, setTyped] = useState(told);
  const [seen, setSeen] = useState(told);
  if (seen !== told) {
    setSeen(told);
    setTyped(told);
  }
  const tell = useEffectEvent((text: string) => {
    if (text !== told) onTyped(text);
  });
  useEffect(() => env.after(pauseMs, () => tell(typed)), [typed, pauseMs]);
  return [typed, setTyped];
}
