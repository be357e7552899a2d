import { createContext, useContext } from 'react';
import { allows, type Permission } from '@statewire/model';
import type { Me } from '../rest/account.ts';
import { type Page, pages } from './pages.ts';

export interface Signed {
  readonly me: Me;
  /** May change services and settings. */
  readonly canWrite: boolean;
  /** May report, and ask runs to stop. */
  readonly canReport: boolean;
  readonly isAdmin: boolean;
  readonly signOut: () => void;
}

export const MeContext = createContext<Signed | null>(null);

/** Who is signed in. Only inside the frame, where someone always is. */
export function useMe(): Signed {
  const signed = useContext(MeContext);
  if (signed === null) throw new Error('useMe() found nobody signed in; use it only below the frame');
  return signed;
}

/** May who is signed in do this? What they may not do is not offered. */
export function useCan(permission: Permission): boolean {
  const { me } = useMe();
  return allows(me.permissions, permission);
}

/** The pages that have something to show to who is signed in: the others are not offered. */
export function usePages(): readonly Page[] {
  const { me } = useMe();
  return pages.filter(({ needs }) => needs === undefined || allows(me.permissions, needs));
}

/** What a person's scopes let them do; admin includes the others. */
export function signedOf(me: Me, signOut: () => void): Signed {
  const isAdmin = me.scopes.includes('admin');
  return { me, isAdmin, canWrite: isAdmin, canReport: isAdmin || me.scopes.includes('report'), signOut };
}
