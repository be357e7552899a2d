import { useCallback, useMemo, useSyncExternalStore } from 'react';

/** Follows a media query. */
export function useMedia(query: string): boolean {
  // Asked with every render: a query is parsed once.
  const media = useMemo(() => matchMedia(query), [query]);
  return useSyncExternalStore(
    useCallback(
      (listener) => {
        media.addEventListener('change', listener);
        return () => media.removeEventListener('change', listener);
      },
      [media],
    ),
    () => media.matches,
  );
}

/** Phones: rows become two lines and the rail a bar below. Must agree with `md` in the class names. */
export function useNarrow(): boolean {
  return useMedia('(max-width: 767px)');
}
