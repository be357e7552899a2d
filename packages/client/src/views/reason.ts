import type { ConnectionState } from './connection-view.ts';

/**
 * Why there is no live connection, as a sentence for people; null while it is live. What the server said in its own words
 * is in `error`.
 */
export function reasonText({ reason, error }: Pick<ConnectionState, 'reason' | 'error'>): string | null {
  if (reason === null) return null;
  return (Object.hasOwn(TEXTS, reason) ? TEXTS[reason] : error?.message) ?? `The connection ended: ${reason}.`;
}

const TEXTS: Readonly<Record<string, string>> = {
  unasked: 'Nothing on this page needs the server yet.',
  connecting: 'The connection is being made.',
  disconnected: 'Disconnected by hand; connect again to go on.',
  no_network: 'This device has no network.',
  unverified: 'Nothing was heard for a while; asking the server for a sign of life.',
  unavailable: 'The server cannot be reached.',
  silent: 'The server fell silent; connecting again.',
  no_welcome: 'The server did not answer in time; trying again.',
  token_failed: 'No credential could be fetched; trying again.',
  asleep: 'The page was put away; it connects when it is shown again.',
  closed: 'This client was closed.',
  restart: 'The server restarts; it will be back in a moment.',
  stalled: 'This page was too slow to take in what was sent; connecting again.',
  rate: 'The server asked for fewer connections; trying again later.',
  overloaded: 'The server has no room right now; trying again later.',
  hello_timeout: 'The greeting did not reach the server in time; trying again.',
  auth_required: 'Please sign in.',
  auth_invalid: 'The credential was refused; please sign in again.',
  auth_expired: 'The credential has ended; please sign in again.',
  forbidden: 'This credential may not connect here.',
  identity: 'Somebody else signed in.',
  replaced: 'Another connection took over.',
  version: 'This page is too old for the server; reload it.',
  protocol: 'The server did not understand this page; reload it.',
};
