import type { Failure } from '@statewire/protocol';
import { isAuthCode, isDenial } from '../errors.ts';
import type { Link } from '../session/session.ts';

/**
 * How far what is shown can be trusted. `live`: current. `stale`: real but not verified now, a connection is being
 * made. `offline`: not verified and nothing will change that soon. `denied`: the server refused.
 */
export type ViewStatus = 'loading' | 'live' | 'stale' | 'offline' | 'denied';

/** The word for the connection pill. */
export type ConnectionStatus =
  | 'idle'
  | 'connecting'
  | 'live'
  | 'stale'
  | 'reconnecting'
  | 'offline'
  | 'unauthorized'
  | 'closed';

/** What a view knows of itself, for `viewStatus`. */
export interface ViewFacts {
  readonly hasData: boolean;
  /** On the present connection the view has been told all there is. */
  readonly isCaughtUp: boolean;
  readonly failure: Failure | null;
}

/** The status of a view on this link. */
export function viewStatus(view: ViewFacts, link: Link, isOnline: boolean): ViewStatus {
  if (view.failure !== null) return 'denied';
  if (link.at === 'paused' || isUnauthorized(link)) return 'denied';
  if (link.at === 'closed' && isDenial(link.failure.code)) return 'denied';
  if (link.at === 'live' && view.isCaughtUp) return link.life.isFresh ? 'live' : 'stale';
  if (isCutOff(link, isOnline)) return 'offline';
  return view.hasData ? 'stale' : 'loading';
}

/** The status of the connection itself. `wasLive`: a welcome was ever seen. */
export function connectionStatus(link: Link, isOnline: boolean, wasLive: boolean): ConnectionStatus {
  switch (link.at) {
    case 'idle':
      return link.byHand ? 'offline' : 'idle';
    case 'live':
      return link.life.isFresh ? 'live' : 'stale';
    case 'paused':
      return 'unauthorized';
    case 'closed':
      return isDenial(link.failure.code) ? 'unauthorized' : 'closed';
    case 'waiting':
      if (isUnauthorized(link)) return 'unauthorized';
      return isOnline ? 'reconnecting' : 'offline';
    default:
      // Until another attempt has been good: people would see the word change with each try.
      if (isUnauthorized(link)) return 'unauthorized';
      return wasLive || link.failures > 0 ? 'reconnecting' : 'connecting';
  }
}

/** Why there is no live connection, or null. */
export function linkFailure(link: Link): Failure | null {
  return 'failure' in link ? link.failure : null;
}

/**
 * Why it is not live, in one word; null while it is. `reasonText` has the sentence. Once something failed it is the code of
 * that failure: one of the server's, the name of a close code, or `silent`, `no_welcome`, `token_failed`, `asleep`, `closed`.
 */
export function reasonOf(link: Link, isOnline: boolean): string | null {
  switch (link.at) {
    case 'idle':
      return link.byHand ? 'disconnected' : 'unasked';
    case 'live':
      return link.life.isFresh ? null : 'unverified';
    case 'paused':
    case 'closed':
      return link.failure.code;
    default:
      // That there is no network explains more than what it broke.
      return isOnline ? (link.failure?.code ?? 'connecting') : 'no_network';
  }
}

/** Failed attempts in a row after which people are told that they are offline. */
const OFFLINE_AFTER = 3;

function isUnauthorized(link: Link): boolean {
  return 'failure' in link && link.failure !== null && isAuthCode(link.failure.code);
}

function isCutOff(link: Link, isOnline: boolean): boolean {
  switch (link.at) {
    case 'idle':
      return link.byHand;
    case 'closed':
      return true;
    case 'live':
    case 'paused':
      return false;
    default:
      return link.failures >= OFFLINE_AFTER || (link.at === 'waiting' && !isOnline);
  }
}
