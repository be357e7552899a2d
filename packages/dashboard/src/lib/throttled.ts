import { useEffect, useRef, useState } from 'react';
import { env } from './env.ts';

/** Follows a value at most once each `ms`: for questions to the server that many changes at once should ask only once. */
export function useThrottled<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  const isWaiting = useRef(false);
  useEffect(() => {
    latest.current = value;
    if (isWaiting.current || value === shown) return;
    isWaiting.current = true;
    env.after(ms, () => {
      isWaiting.current = false;
      setShown(latest.current);
    });
  }, [value, shown, ms]);
  return shown;
}
