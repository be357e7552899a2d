import { useEffect } from 'react';
import { usePlaces } from '../lib/places.ts';
import type { MenuItem } from './menu.tsx';

/** Tells the menu of phones where else one may go; draws nothing. */
export function PhonePlaces({ onPlaces }: { onPlaces: (items: readonly MenuItem[]) => void }): null {
  const { items } = usePlaces();
  // The lines are made anew each time; what they say is what counts.
  const said = items.map(({ label }) => label).join('\n');
  useEffect(() => {
    onPlaces(items);
    // oxlint-disable-next-line react/exhaustive-deps -- true: `items` are other objects each time, and `said` stands for what they say.
  }, [said, onPlaces]);
  return null;
}
