import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestServer } from './server.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A change of the record's status, so long ago. */
export interface PastChange {
  readonly agoMs: number;
  readonly to: 'up' | 'degraded' | 'down';
  readonly text: string;
}

/**
 * Gives a service of a stopped server a past, as its store keeps it: a first day, the changes since, checks of the last
 * two days, and hours and days before them. `now` is when the past ends; `slower` is how many times longer the answers of its
 * last half hour took.
 */
export function givePast(
  server: TestServer,
  id: string,
  {
    bornAgoMs,
    changes,
    now,
    slower = 1,
  }: { bornAgoMs: number; changes: readonly PastChange[]; now: number; slower?: number },
): void {
  const db = new DatabaseSync(join(server.data, 'statewire.db'));
  const at = [id] as const;
  db.exec('begin immediate');
  db.prepare(
    "update records set data = json_set(data, '$.createdAt', ?) where collection = 'services' and id = ? and deleted = 0",
  ).run(now - bornAgoMs, ...at);
  db.prepare("delete from transitions where collection = 'services' and id = ?").run(...at);
  const change = db.prepare(
    "insert into transitions (org, collection, id, at, recorded_at, from_word, to_word, code, text, cause) values ('main', 'services', ?, ?, ?, ?, ?, ?, ?, 'probe')",
  );
  let from = 'pending';
  for (const { agoMs, to, text } of [{ agoMs: bornAgoMs - MINUTE_MS, to: 'up', text: '' }, ...changes]) {
    change.run(id, now - agoMs, now - agoMs, from, to, to === 'up' ? 'ok' : 'http_500', text);
    from = to;
  }
  db.prepare("insert or ignore into entities (org, collection, id) values ('main', 'services', ?)").run(...at);
  const entity = Number(
    db.prepare("select n from entities where org = 'main' and collection = 'services' and id = ?").get(...at)?.['n'],
  );
  const sample = db.prepare('insert or ignore into samples (entity, at, ms, v) values (?, ?, ?, ?)');
  for (let ago = 47 * HOUR_MS; ago > 0; ago -= 2 * MINUTE_MS)
    sample.run(entity, now - ago, (80 + 30 * Math.sin(ago / HOUR_MS)) * (ago < HOUR_MS / 2 ? slower : 1), 'u');
  // The buckets of these samples are made by the server itself, from a mark as a late report leaves it.
  db.prepare(
    "insert into stale (org, collection, id, from_at, to_at, has_samples) values ('main', 'services', ?, ?, ?, 1)",
  ).run(id, now - 47 * HOUR_MS, now);
  const bucket = db.prepare(
    "insert or replace into rollups (entity, resolution, at, up, checks, ms_min, ms_max, ms_sum, histogram) values (?, ?, ?, ?, ?, 70, 170, ?, '9.10,2')",
  );
  for (const [resolution, widthMs, daysBack] of [
    ['1h', HOUR_MS, 80],
    ['1d', DAY_MS, 90],
  ] as const) {
    const last = Math.floor((now - 2 * DAY_MS) / widthMs) * widthMs;
    for (let begin = last; begin > now - Math.min(bornAgoMs, daysBack * DAY_MS); begin -= widthMs)
      bucket.run(entity, resolution, begin, widthMs, 12, 12 * 90);
  }
  db.exec('commit');
  db.close();
}
