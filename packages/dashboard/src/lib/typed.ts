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
  // Said, and not yet come back as the address: what comes of these is our own echo, and newer letters stay.
  const [under, setUnder] = useState<readonly string[]>([]);
  if (seen !== told) {
    setSeen(told);
    const at = under.indexOf(told);
    setUnder(under.slice(at + 1));
    if (at < 0) {
      setUnder([]);
      setTyped(told);
    }
  }
  const tell = useEffectEvent((text: string) => {
    if (text === (under.at(-1) ?? told)) return;
    setUnder([...under, text].slice(-UNDER_MAX));
    onTyped(text);
  });
  useEffect(() => env.after(pauseMs, () => tell(typed)), [typed, pauseMs]);
  return [typed, setTyped];
}

// An address may be left out when a newer one overtakes it: those of before go with the one that comes.
const UNDER_MAX = 32;
