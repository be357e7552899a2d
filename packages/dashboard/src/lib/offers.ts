import type { LucideIcon } from 'lucide-react';
import { useEffect, useRef } from 'react';

/** Something that can be done to what is selected. */
export interface Offer {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly run: () => void;
}

/** What is selected on the page, in words, and what can be done to it. */
export interface Offered {
  readonly noun: string;
  readonly offers: readonly Offer[];
}

/** What the open page offers for its selection, for the palette; null while nothing is selected. */
export function offered(): Offered | null {
  return [...given].at(-1)?.current ?? null;
}

/** Offers this for as long as the component lives. */
export function useOffers(offers: Offered): void {
  const current = useRef(offers);
  useEffect(() => {
    current.current = offers;
  });
  useEffect(() => {
    given.add(current);
    return () => void given.delete(current);
  }, []);
}

const given = new Set<{ readonly current: Offered }>();
