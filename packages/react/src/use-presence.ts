/** Who else is here: announces the person while the component is mounted and the page visible, and shows everybody at the place. */
import type { Presence } from '@statewire/model';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Present } from './components/presence-avatars.tsx';
import type { Live, LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import { useRows } from './use-collection.ts';

/** Somebody who is at the place; fits `PresenceAvatars`. */
export interface PresentHere extends Present {
  /** The caller's id: of a person, a key, or `<issuer>|<sub>` of a token. */
  readonly who: string;
  readonly kind: Presence['kind'];
  readonly at: string;
  readonly since: number;
  /** Known once the server has answered that we are here. */
  readonly isMe: boolean;
}

/** How somebody is here, or only looks. */
export interface PresenceOptions extends LiveOptions {
  /** False: looks without being seen. Default true. */
  readonly announce?: boolean | undefined;
}

/**
 * Everybody at a place, ourselves among them, in the order they came. A place is the app's own words: `customers/42`. Needs a
 * client of `@statewire/client`; one from `core` looks without announcing.
 */
export function usePresence(at: string, options: PresenceOptions = {}): Live<readonly PresentHere[]> {
  const { announce = true, ...live } = options;
  const client = useClient();
  // A core client has no reporters, whatever `useClient` says.
  const here = 'presence' in client ? client.presence : null;
  const me = useSyncExternalStore(here?.me.subscribe ?? never, here?.me.get ?? nobody, nobody);
  useEffect(() => (announce ? here?.enter(at) : undefined), [here, at, announce]);
  const rows = useRows<Presence>('presences', { ...live, where: { at } });
  const { data, status, verifiedAt, version, error } = rows;
  const people = useMemo(() => Array.from(data, (row) => presentOf(row, me)).sort(inOrder), [data, me]);
  return useMemo(
    () => ({ data: people, status, verifiedAt, version, error }),
    [people, status, verifiedAt, version, error],
  );
}

function presentOf({ id, who, name, kind, at, since, state }: Presence, me: string | null): PresentHere {
  return { id, who, name, kind, at, since, state: state === 'idle' ? 'away' : 'active', isMe: who === me };
}

function inOrder(a: PresentHere, b: PresentHere): number {
  return a.since - b.since || (a.id < b.id ? -1 : 1);
}

function nobody(): null {
  return null;
}

function never(): () => void {
  return () => undefined;
}
