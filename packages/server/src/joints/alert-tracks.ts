/**
 * What rules about reconnects and metrics have to remember, in memory: times of reconnects by record, values by metric.
 * Bounded in number and length; after a start it fills again, and until then such rules say that they cannot say.
 */
import type { Row } from '@statewire/protocol';
import type { Point } from '../derive/alerts/finding.ts';
import type { Limits } from '../lib/limits.ts';

export class AlertTracks {
  readonly #limits: Pick<Limits, 'alertTrackPointsMax' | 'alertTracksMax'>;
  readonly #reconnects = new Map<string, number[]>();
  readonly #points = new Map<string, Point[]>();

  constructor(limits: Pick<Limits, 'alertTrackPointsMax' | 'alertTracksMax'>) {
    this.#limits = limits;
  }

  /** Notes a reconnect when the change is one. */
  changed(key: string, before: Row | null, after: Row | null, at: number): boolean {
    if (after === null) {
      this.#reconnects.delete(key);
      this.#points.delete(key);
      return false;
    }
    if (before === null || !isReconnect(before, after)) return false;
    this.#push(this.#reconnects, key, at);
    return true;
  }

  /** Notes the value of a metric. */
  measured(key: string, point: Point): void {
    this.#push(this.#points, key, point);
  }

  reconnects(key: string): readonly number[] {
    return this.#reconnects.get(key) ?? [];
  }

  points(key: string): readonly Point[] {
    return this.#points.get(key) ?? [];
  }

  #push<T>(tracks: Map<string, T[]>, key: string, value: T): void {
    const track = tracks.get(key) ?? [];
    // Newest last, so that the one that was quiet longest goes first.
    tracks.delete(key);
    tracks.set(key, track);
    track.push(value);
    if (track.length > this.#limits.alertTrackPointsMax) track.shift();
    if (tracks.size <= this.#limits.alertTracksMax) return;
    const [oldest] = tracks.keys();
    if (oldest !== undefined) tracks.delete(oldest);
  }
}

/** A session is being opened again, or was without an outage in between. */
function isReconnect(before: Row, after: Row): boolean {
  if (after['phase'] === 'reconnecting' && before['phase'] !== 'reconnecting') return true;
  return lostOf(after) > lostOf(before) && lostOf(before) >= 0;
}

function lostOf(row: Row): number {
  const mcp = row['mcp'];
  const lost =
    typeof mcp === 'object' && mcp !== null && !Array.isArray(mcp) ? Reflect.get(mcp, 'sessionsLost') : undefined;
  return typeof lost === 'number' ? lost : -1;
}
