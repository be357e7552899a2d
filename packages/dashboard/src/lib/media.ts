import { useSyncExternalStore } from 'react';

/** Follows a media query. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    () => matchMedia(query).matches,
  );
}

/** Phones: rows become two lines and the rail a bar below. Must agree with `md` in the class names. */
export function useNarrow(): boolean {
  return useMedia('(max-width: 767px)');
}
