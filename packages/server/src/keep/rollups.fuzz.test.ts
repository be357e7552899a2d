/**
 * Random lives of a few records: transitions stamped back, late samples, annotations that come, move and go, kills at any
 * write of history, pauses of our own. In the end every bucket must be what painting the log second by second gives.
 */
import { STATUSES, type Status } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { DAY_MS, floorTo, HOUR_MS, WIDTH_MS, type Resolution } from '../derive/history/calendar.ts';
import { measureOf } from '../derive/history/measure.ts';
import { NO_TIME, tally } from '../derive/history/tally.ts';
import { limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Random } from '../testing/random.ts';
import type { HistoryBatch } from './history-store.ts';
import { MemoryStore } from './memory-store.ts';
import { openKeep, type Keep } from './open.ts';
import { Rollups } from './rollups.ts';
import { coverOf } from './stale.ts';
import type { SampleRow } from './store.ts';
import { Tracks } from './tracks.ts';

const START = Date.UTC(2026, 0, 31, 20, 13);
const IDS = ['a', 'b', 'c'];
const SECOND = 1_000;

/** Dies at a given write of history, as a killed process does: nothing it writes afterwards is kept. */
class MortalStore extends MemoryStore {
  left = Infinity;

  override async putHistory(batch: HistoryBatch): Promise<void> {
    this.left -= 1;
    if (this.left < 0) throw new Error('killed');
    return super.putHistory(batch);
  }
}

class Life {
  readonly clock = new FakeClock({ now: START });
  readonly store = new MortalStore({ limits });
  readonly random: Random;
  /** What was recorded, in order. */
  readonly log: { readonly id: string; readonly at: number; readonly to: Status }[] = [];
  readonly samples = new Map<string, SampleRow>();
  readonly births = new Map<string, number>();
  readonly last = new Map<string, { at: number; word: Status }>();
  keep!: Keep;
  tracks!: Tracks;
  rollups!: Rollups;
  n = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  get now(): number {
    return this.clock.now();
  }

  async start(): Promise<void> {
    this.store.left = Infinity;
    let tracks: Tracks | null = null;
    this.keep = await openKeep({
      clock: this.clock,
      store: this.store,
      log: silentLog,
      onCommitted: (committed) => void tracks?.follow(committed),
    });
    const deps = { clock: this.clock, limits, store: this.store, live: this.keep.live, commit: this.keep.commit };
    tracks = new Tracks(deps);
    this.tracks = tracks;
    this.rollups = new Rollups({ ...deps, tracks });
    let seen = 0;
    for (const collection of ['services', 'annotations'])
      for (const { row } of this.keep.live.entries('main', collection)) seen = Math.max(seen, Number(row['updatedAt']));
    await this.rollups.open(seen);
  }

  /** Kills the process between two writes of history, or in the middle of a pass. */
  async kill(): Promise<void> {
    this.store.left = this.random.int(6);
    await this.pass();
    this.store.left = 0;
    await Promise.allSettled([this.rollups.close(), this.keep.close()]);
    await this.clock.run(this.random.pick([0, 3, 70, 400, 4_000]) * SECOND);
    await this.start();
  }

  async pass(): Promise<void> {
    const progress = { isDone: false };
    const work = this.rollups.pass().then(
      () => (progress.isDone = true),
      (error: unknown) => {
        progress.isDone = true;
        if (!(error instanceof Error && error.message === 'killed')) throw error;
      },
    );
    while (!progress.isDone) await this.clock.run(SECOND);
    await work;
  }

  async write(work: Parameters<Keep['commit']['write']>[2]): Promise<void> {
    const written = await this.keep.commit.write('main', 'test', work);
    expect(written.ok).toBe(true);
  }

  async act(): Promise<void> {
    const { random } = this;
    const id = random.pick(IDS);
    const back = random.chance(0.3) ? random.int(2_400) * SECOND : random.int(20) * SECOND;
    const what = random.int(12);
    if (!this.births.has(id)) {
      this.births.set(id, this.now);
      this.last.set(id, { at: this.now, word: 'pending' });
      this.log.push({ id, at: this.now, to: 'pending' });
      return this.write((draft) => {
        draft.put('services', id, { status: 'pending', n: ++this.n });
        return ok(null);
      });
    }
    if (what < 4) {
      const last = this.last.get(id) ?? { at: 0, word: 'pending' };
      const to = random.pick(STATUSES.filter((word) => word !== last.word));
      // As the engine stamps it: never before the transition it follows.
      const at = Math.min(Math.max(this.now - back, last.at), this.now);
      this.last.set(id, { at, word: to });
      this.log.push({ id, at, to });
      return this.write((draft) => {
        draft.put('services', id, { status: to, n: ++this.n });
        draft.transition({ collection: 'services', id, at, from: last.word, to, code: '', text: '', cause: 'test' });
        return ok(null);
      });
    }
    if (what < 8) {
      const at = Math.max(this.now - back, this.births.get(id) ?? 0);
      const sample = {
        org: 'main',
        collection: 'services',
        id,
        at,
        ms: random.chance(0.8) ? random.int(5_000) : null,
        v: random.pick(['u', 'g', 'd', 'x']),
      };
      this.samples.set(`${id} ${at}`, sample);
      return this.write((draft) => {
        draft.put('services', id, { status: this.last.get(id)?.word ?? '', n: ++this.n });
        draft.sample({ collection: 'services', id, at, ms: sample.ms, v: sample.v });
        return ok(null);
      });
    }
    if (what < 10) {
      const from = this.now - random.int(30 * 3_600) * SECOND;
      const to = from + (1 + random.int(20_000)) * SECOND;
      const kind = random.pick(['maintenance', 'exclude', 'note']);
      return this.write((draft) => {
        draft.put('annotations', `n${random.int(4)}`, { subject: `services/${id}`, from, to, kind });
        return ok(null);
      });
    }
    return this.write((draft) => {
      const name = `n${random.int(4)}`;
      if (draft.get('annotations', name) !== null) draft.delete('annotations', name);
      return ok(null);
    });
  }

  /** The word of each second of a record's life, painted one fact over the other. */
  async painted(id: string, until: number): Promise<readonly (Status | null)[]> {
    const seconds: (Status | null)[] = Array.from({ length: (until - START) / SECOND }, () => null);
    const birth = this.births.get(id) ?? Infinity;
    const fill = (from: number, to: number, word: Status): void => {
      for (let at = Math.max(from, birth, START); at < Math.min(to, until); at += SECOND)
        seconds[(at - START) / SECOND] = word;
    };
    for (const row of this.log) if (row.id === id) fill(row.at, Infinity, row.to);
    for (const { from, to } of (await this.store.historyHead()).gaps) fill(from, to, 'unknown');
    for (const kind of ['exclude', 'maintenance'] as const) {
      for (const { row } of this.keep.live.entries('main', 'annotations')) {
        const cover = coverOf(row);
        if (cover?.subject.id === id && cover.kind === kind) {
          fill(cover.from, cover.to, kind === 'exclude' ? 'unknown' : 'maintenance');
        }
      }
    }
    return seconds;
  }

  /** What the store should hold. */
  async expected(): Promise<readonly unknown[]> {
    const upTo = this.rollups.upTo;
    const rows: unknown[] = [];
    for (const id of this.births.keys()) {
      const painted = await this.painted(id, upTo);
      for (const resolution of ['5m', '1h', '1d'] as const) {
        const width = WIDTH_MS[resolution];
        for (let at = floorTo(START, width); at < upTo; at += width) {
          const end = resolution === '1d' ? Math.min(at + DAY_MS, floorTo(upTo, HOUR_MS)) : at + width;
          if (end > upTo || end <= at) continue;
          const time: Record<Status, number> = { ...NO_TIME };
          for (let s = Math.max(0, (at - START) / SECOND); s < (end - START) / SECOND; s += 1) {
            const word = painted[s];
            if (word !== null && word !== undefined && word !== 'unknown') time[word] += SECOND;
          }
          const measure = measureOf(
            [...this.samples.values()].filter((row) => row.id === id && row.at >= at && row.at < end),
          );
          if (Object.values(time).some((ms) => ms > 0) || measure.checks > 0)
            rows.push({ id, resolution, at, time, measure });
        }
      }
    }
    return rows;
  }

  async kept(): Promise<readonly unknown[]> {
    const rows: unknown[] = [];
    for (const id of this.births.keys()) {
      for (const resolution of ['5m', '1h', '1d'] as const satisfies readonly Resolution[]) {
        const of = {
          org: 'main',
          collection: 'services',
          id,
          resolution,
          from: 0,
          to: this.now + DAY_MS,
          limit: 100_000,
        };
        for (const { at, time, measure } of await this.store.rollups(of))
          rows.push({ id, resolution, at, time, measure });
      }
    }
    return rows;
  }
}

test.each(Array.from({ length: 30 }, (_, i) => i + 1))(
  '[HI7] buckets equal the log whatever came late, was annotated or was killed; seed %i',
  async (seed) => {
    const life = new Life(seed);
    await life.start();
    for (let step = 0; step < 90; step += 1) {
      await life.act();
      await life.clock.run(life.random.pick([0, 1, 5, 30, 61, 200, 900, 3_600]) * SECOND);
      await life.rollups.alive();
      if (life.random.chance(0.4)) await life.pass();
      if (life.random.chance(0.1)) await life.kill();
    }
    await life.pass();
    await life.pass();
    expect(await life.store.stale(10)).toEqual([]);
    expect(life.rollups.upTo).toBe(floorTo(life.now, WIDTH_MS['5m']));
    expect(await life.kept()).toEqual(await life.expected());
    // Memory says the same, second by second, and so does a process that starts now.
    for (const id of life.births.keys()) {
      const until = floorTo(life.now, SECOND);
      const painted = await life.painted(id, until);
      const subject = { org: 'main', collection: 'services', id };
      const track = life.tracks.of(subject) ?? [];
      for (let at = START; at < until; at += 97 * SECOND) {
        const word = painted[(at - START) / SECOND] ?? null;
        const time = tally(track, at, at + SECOND);
        if (word === null) expect(Object.values(time).every((ms) => ms === 0)).toBe(true);
        else expect(time[word]).toBe(SECOND);
      }
      const fresh = new Tracks({ live: life.keep.live, store: life.store, limits });
      await fresh.load(life.now, (await life.store.historyHead()).gaps);
      expect(fresh.of(subject)).toEqual(track);
    }
    await life.rollups.close();
    await life.keep.close();
  },
);
