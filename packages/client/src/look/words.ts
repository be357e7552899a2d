/**
 * What people read instead of codes, and which of a few tones each word has. A tone is a shape and a colour, so that
 * colour is never alone. Shared by the React components and the web components.
 */
import type { RunState, Status } from '@statewire/model';
import type { ConnectionStatus } from '../views/status.ts';

/** Everything a badge can say. */
export type BadgeStatus = Status | RunState | 'flapping' | 'stalled';

/** How it looks: one of a few tones, each with a shape of its own, so that colour is never alone. */
export type Tone = 'up' | 'degraded' | 'down' | 'maintenance' | 'flapping' | 'active' | 'quiet';

/** How a status is written and which tone it has. */
export interface Word {
  readonly word: string;
  readonly tone: Tone;
}

/** The word and the tone of a status. */
export const words: Readonly<Record<BadgeStatus, Word>> = {
  up: { word: 'Up', tone: 'up' },
  degraded: { word: 'Degraded', tone: 'degraded' },
  down: { word: 'Down', tone: 'down' },
  unknown: { word: 'Unknown', tone: 'quiet' },
  pending: { word: 'Pending', tone: 'quiet' },
  maintenance: { word: 'Maintenance', tone: 'maintenance' },
  paused: { word: 'Paused', tone: 'quiet' },
  flapping: { word: 'Flapping', tone: 'flapping' },
  stalled: { word: 'Stalled', tone: 'degraded' },
  queued: { word: 'Queued', tone: 'quiet' },
  delayed: { word: 'Delayed', tone: 'quiet' },
  running: { word: 'Running', tone: 'active' },
  waiting_input: { word: 'Needs input', tone: 'degraded' },
  waiting_dependency: { word: 'Waiting', tone: 'quiet' },
  succeeded: { word: 'Succeeded', tone: 'up' },
  failed: { word: 'Failed', tone: 'down' },
  canceled: { word: 'Canceled', tone: 'quiet' },
  timed_out: { word: 'Timed out', tone: 'down' },
  lost: { word: 'Lost', tone: 'down' },
};

/** Is it a word that a badge knows? Words of a newer server are shown as they are. */
export function isBadgeStatus(status: string): status is BadgeStatus {
  return Object.hasOwn(words, status);
}

/** The word and tone of any status: one that is not known is shown as it is, quietly. */
export function wordOf(status: string): Word {
  return isBadgeStatus(status) ? words[status] : { word: readable(status), tone: 'quiet' };
}

/** The word for the connection, and its tone. */
export const connectionLooks: Readonly<Record<ConnectionStatus, Word>> = {
  idle: { word: 'Not connected', tone: 'quiet' },
  connecting: { word: 'Connecting', tone: 'quiet' },
  live: { word: 'Live', tone: 'up' },
  stale: { word: 'Checking', tone: 'degraded' },
  reconnecting: { word: 'Reconnecting', tone: 'degraded' },
  offline: { word: 'Offline', tone: 'down' },
  unauthorized: { word: 'Signed out', tone: 'down' },
  closed: { word: 'Stopped', tone: 'down' },
};

/** Is something wrong with the connection that a person should know? Connecting for the first time is not. */
export function isTrouble(state: ConnectionStatus): boolean {
  return state !== 'live' && state !== 'connecting' && state !== 'idle';
}

/** `needs_auth` to `Needs auth`: a code made readable, never translated into something it does not say. */
function readable(code: string): string {
  const text = code.replaceAll(/[_-]/g, ' ').trim();
  return text === '' ? 'Unknown' : text.charAt(0).toUpperCase() + text.slice(1);
}
