import type { ConnectionStatus } from '@statewire/client';
import type { RunState, Status } from '@statewire/model';

/** Everything a badge can say. */
export type BadgeStatus = Status | RunState | 'flapping';

/** How it looks: one of a few tones, each with a shape of its own, so that colour is never alone. */
export type Tone = 'up' | 'degraded' | 'down' | 'maintenance' | 'flapping' | 'active' | 'quiet';

/** The word and the tone of a status. */
export const words: Readonly<Record<BadgeStatus, { readonly word: string; readonly tone: Tone }>> = {
  up: { word: 'Up', tone: 'up' },
  degraded: { word: 'Degraded', tone: 'degraded' },
  down: { word: 'Down', tone: 'down' },
  unknown: { word: 'Unknown', tone: 'quiet' },
  pending: { word: 'Pending', tone: 'quiet' },
  maintenance: { word: 'Maintenance', tone: 'maintenance' },
  paused: { word: 'Paused', tone: 'quiet' },
  flapping: { word: 'Flapping', tone: 'flapping' },
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

/** The word for the connection. */
export const connectionWords: Readonly<Record<ConnectionStatus, string>> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  live: 'Live',
  stale: 'Checking',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  unauthorized: 'Signed out',
  closed: 'Stopped',
};

/** A length of time in the largest unit that says enough: `4 s`, `3 min`, `2 h`, `5 d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** Joins class names, leaving out what is not set. */
export function classes(...names: readonly (string | undefined)[]): string {
  return names.filter((name) => name !== undefined && name !== '').join(' ');
}
