import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import { describe, expect, test } from 'vitest';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import type { BatchStats } from './commit.ts';
import type { Committed, Draft } from './commit-types.ts';
import { MemoryStore } from './memory-store.ts';
import { openKeep, type Keep } from './open.ts';
import type { CommitBatch } from './store.ts';

interface World {
  readonly clock: FakeClock;
  readonly keep: Keep;
  readonly store: MemoryStore;
  /** In order: what was handed on, what the store was given. */
  readonly committed: Committed[];
  readonly batches: CommitBatch[];
  readonly stats: BatchStats[];
  readonly errors: string[];
  /** Replace to hold up or fail the store. */
  onCommit: (batch: CommitBatch) => void | Promise<void>;
  onCommitted: (committed: Committed) => void;
}

async function world(limits: Partial<Limits> = {}, reopened?: World): Promise<World> {
  const clock = reopened?.clock ?? new FakeClock();
  const committed: Committed[] = [];
  const batches: CommitBatch[] = [];
  const stats: BatchStats[] = [];
  const errors: string[] = [];
  const all: Limits = { ...defaults, ...limits };
  const hooks: Pick<World, 'onCommit' | 'onCommitted'> = { onCommit: () => {}, onCommitted: () => {} };
  const store =
    reopened?.store ??
    new MemoryStore({
      limits: all,
      onCommit: async (batch) => {
        await hooks.onCommit(batch);
        batches.push(batch);
      },
    });
  const keep = await openKeep({
    clock,
    store,
    log: { ...silentLog, error: (_details, message) => errors.push(message) },
    limits: all,
    onCommitted: (c) => {
      committed.push(c);
      hooks.onCommitted(c);
    },
    onBatch: (s) => stats.push(s),
  });
  return Object.assign(hooks, { clock, keep, store, committed, batches, stats, errors });
}

const put =
  (id: string, fields: JsonObject, collection = 'things') =>
  (draft: Draft): Result<string> => {
    draft.put(collection, id, fields);
    return ok(id);
  };

function gate(): { readonly open: () => void; readonly wait: Promise<void> } {
  let open = (): void => {};
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { open, wait };
}

describe('versions', () => {
  test('[CM1] each organization counts its own versions and rids: dense, from 1, in order of commit', async () => {
    const w = await world();
    const { commit, live } = w.keep;
    const results = await Promise.all([
      commit.write('a', 'me', put('x', { n: 1 })),
      commit.write('b', 'me', put('x', { n: 1 })),
      commit.write('a', 'me', put('y', { n: 1 })),
      commit.write('a', 'me', put('x', { n: 2 })),
    ]);
    expect(results.map((r) => r.ok && r.value.version)).toEqual([1, 1, 2, 3]);
    expect(live.version('a')).toBe(3);
    expect(commit.version('b')).toBe(1);
    expect(live.get('a', 'things', 'y')?.rid).toBe(2);
    expect(live.get('b', 'things', 'x')?.rid).toBe(1);
    expect(live.get('a', 'things', 'x')?.row).toEqual({
      id: 'x',
      org: 'a',
      version: 3,
      createdAt: w.clock.now(),
      updatedAt: w.clock.now(),
      n: 2,
    });
  });

  test('[CM1] all changes of one transaction share one version and are handed on together', async () => {
    const w = await world();
    await w.keep.commit.write('a', 'me', (draft) => {
      draft.put('things', 'x', { n: 1 });
      draft.put('others', 'y', { n: 2 });
      return ok(null);
    });
    expect(w.committed).toHaveLength(1);
    expect(w.committed[0]?.changes.map((c) => [c.collection, c.id, c.version, c.rid])).toEqual([
      ['things', 'x', 1, 1],
      ['others', 'y', 1, 2],
    ]);
  });

  test('[CM2] a transaction that changes nothing has the present version and is answered after those before it', async () => {
    const w = await world();
    const { commit } = w.keep;
    await commit.write('a', 'me', put('x', { n: 1, deep: { k: [1, 'two'] } }));
    const hold = gate();
    w.onCommit = () => hold.wait;
    const order: string[] = [];
    const first = commit.write('a', 'me', put('x', { n: 2, deep: { k: [1, 'two'] } })).then(() => order.push('change'));
    w.clock.advance(1000);
    const second = commit
      .write('a', 'me', put('x', { deep: { k: [1, 'two'] }, n: 2, version: 999, id: 'z', org: 'z', updatedAt: 7 }))
      .then((r) => order.push(`same@${r.ok ? r.value.version : r.code}`));
    await settle();
    expect(order).toEqual([]);
    hold.open();
    await Promise.all([first, second]);
    expect(order).toEqual(['change', 'same@2']);
    expect(w.committed).toHaveLength(2);
    expect(w.keep.live.get('a', 'things', 'x')?.version).toBe(2);
  });

  test('[CM2] puts that cancel each other out, and a record made and deleted in one transaction, change nothing', async () => {
    const w = await world();
    await w.keep.commit.write('a', 'me', put('x', { n: 1 }));
    w.clock.advance(5);
    const r = await w.keep.commit.write('a', 'me', (draft) => {
      draft.put('things', 'x', { n: 2 });
      draft.put('things', 'x', { n: 1 });
      draft.put('things', 'new', { n: 1 });
      draft.delete('things', 'new');
      draft.delete('things', 'never');
      return ok(null);
    });
    expect(r.ok && r.value.version).toBe(1);
    expect(w.committed).toHaveLength(1);
    await w.keep.commit.write('a', 'me', put('y', { n: 1 }));
    expect(w.keep.live.get('a', 'things', 'y')?.rid).toBe(2);
  });
});

describe('what a transaction sees', () => {
  test('[CM3] it reads its own writes and everything queued before it, never another organization', async () => {
    const w = await world();
    const { commit } = w.keep;
    const seen: unknown[] = [];
    await Promise.all([
      commit.write('a', 'me', put('x', { n: 1 })),
      commit.write('a', 'me', (draft) => {
        seen.push(draft.get('things', 'x')?.['n']);
        draft.put('things', 'x', { n: 2 });
        draft.put('things', 'y', { n: 7 });
        seen.push(
          draft.get('things', 'x')?.['n'],
          [...draft.all('things')].map((row) => row.id),
        );
        draft.delete('things', 'x');
        seen.push(
          draft.get('things', 'x'),
          [...draft.all('things')].map((row) => row.id),
        );
        return ok(null);
      }),
      commit.write('a', 'me', (draft) => {
        seen.push(
          draft.get('things', 'x'),
          [...draft.all('things')].map((row) => row.id),
        );
        return ok(null);
      }),
      commit.write('b', 'me', (draft) => {
        seen.push(draft.get('things', 'y'), [...draft.all('things')]);
        return ok(null);
      }),
    ]);
    expect(seen).toEqual([1, 2, ['x', 'y'], null, ['y'], null, ['y'], null, []]);
  });

  test('[CM3] field versions tell which fields changed since, inside a batch and after it', async () => {
    const w = await world();
    const { commit } = w.keep;
    const labels = { env: 'dev', team: 'one' };
    await commit.write('a', 'me', put('x', { n: 1, m: 1, labels }));
    await commit.write('a', 'me', put('x', { n: 2, m: 1, labels }));
    const ask = (fields: string[]): Promise<number> =>
      commit
        .write('a', 'me', (draft) => ok(draft.fieldVersion('things', 'x', fields)))
        .then((r) => (r.ok ? r.value.value : -1));
    expect(await ask(['n'])).toBe(2);
    expect(await ask(['m'])).toBe(1);
    const inBatch = [
      commit.write('a', 'me', put('x', { n: 2, m: 1, labels: { env: 'prod', team: 'one' } })),
      ask(['labels']),
      ask(['labels.env']),
      ask(['labels.team']),
    ];
    expect((await Promise.all(inBatch)).slice(1)).toEqual([3, 3, 1]);
    expect(await ask(['labels'])).toBe(3);
    expect(await ask(['labels.env'])).toBe(3);
    expect(await ask(['labels.team'])).toBe(1);
    await commit.write('a', 'me', put('x', { n: 2, m: 1, labels: { env: 'prod' } }));
    expect(await ask(['labels.env'])).toBe(4);
    expect([...(w.keep.live.get('a', 'things', 'x')?.fieldVersions.keys() ?? [])]).toEqual(['n', 'labels']);
    expect(await ask([])).toBe(0);
    const unknown = await commit.write('a', 'me', (draft) => ok(draft.fieldVersion('things', 'nobody', ['n'])));
    expect(unknown.ok && unknown.value.value).toBe(0);
  });

  test('[CM3] a draft used after its transaction is refused loudly', async () => {
    const w = await world();
    let leaked: Draft | undefined;
    await w.keep.commit.write('a', 'me', (draft) => {
      leaked = draft;
      return ok(null);
    });
    expect(() => leaked?.put('things', 'x', { n: 1 })).toThrow('after its transaction');
  });
});

describe('all or nothing', () => {
  test('[CM4] a transaction that refuses leaves nothing behind, and its own failure reaches the caller whole', async () => {
    const w = await world();
    const r = await w.keep.commit.write('a', 'me', (draft): Result<null> => {
      draft.put('things', 'x', { n: 1 });
      draft.document('secret', 's', 'v');
      draft.sample({ collection: 'things', id: 'x', at: 1, ms: 1, v: 'u' });
      const refusal = { ...refuse('conflict', 'no'), fields: ['n'] };
      return refusal;
    });
    expect(r).toEqual({ ok: false, code: 'conflict', message: 'no', fields: ['n'] });
    expect(w.keep.live.get('a', 'things', 'x')).toBeNull();
    expect(w.keep.live.version('a')).toBe(0);
    expect(w.batches).toEqual([]);
    expect(await w.store.document('secret', 'a', 's')).toBeNull();
  });

  test('[CM4] a transaction that throws is `internal` for its caller and nothing for the others', async () => {
    const w = await world();
    const [a, b, c] = await Promise.all([
      w.keep.commit.write('a', 'me', put('x', { n: 1 })),
      w.keep.commit.write('a', 'me', (draft) => {
        draft.put('things', 'x', { n: 2 });
        throw new Error('planted');
      }),
      w.keep.commit.write('a', 'me', put('y', { n: Number.NaN })),
    ]);
    expect(a.ok).toBe(true);
    expect(b).toMatchObject({ ok: false, code: 'internal' });
    expect(c).toMatchObject({ ok: false, code: 'internal' });
    expect(w.errors).toHaveLength(2);
    expect(w.keep.live.get('a', 'things', 'x')?.row['n']).toBe(1);
    expect(w.keep.live.version('a')).toBe(1);
  });

  test('[CM5] when the store fails nothing happened: every caller hears `unavailable`, no version or rid is burnt', async () => {
    const w = await world();
    const { commit, live } = w.keep;
    await commit.write('a', 'me', put('x', { n: 1 }));
    w.onCommit = () => {
      throw new Error('disk full');
    };
    const failed = await Promise.all([
      commit.write('a', 'me', put('x', { n: 2 })),
      commit.write('a', 'me', put('y', { n: 2 })),
      // What it saw was never true, so its refusal must not be told either.
      commit.write('a', 'me', (draft) => (draft.get('things', 'y') === null ? ok(1) : refuse('exists', 'y'))),
    ]);
    expect(failed.map((r) => !r.ok && r.code)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    expect(commit.trouble).toBe('disk full');
    expect(live.version('a')).toBe(1);
    expect(live.get('a', 'things', 'x')?.row['n']).toBe(1);
    expect(w.committed).toHaveLength(1);
    w.onCommit = () => {};
    const again = await commit.write('a', 'me', put('y', { n: 3 }));
    expect(again.ok && again.value.version).toBe(2);
    expect(live.get('a', 'things', 'y')?.rid).toBe(2);
    expect(commit.trouble).toBeNull();
  });
});

describe('order', () => {
  test('[CM6] durable first, then memory, then handed on, then answered; before that nobody sees anything', async () => {
    const w = await world();
    const { commit, live } = w.keep;
    const order: string[] = [];
    const hold = gate();
    w.onCommit = async () => {
      order.push(`store, memory at ${live.version('a')}`);
      await hold.wait;
    };
    w.onCommitted = (c) => order.push(`handed on ${c.version}, memory at ${live.version('a')}`);
    const one = commit.write('a', 'me', put('x', { n: 1 })).then(() => order.push('answered 1'));
    const two = commit.write('a', 'me', put('x', { n: 2 })).then(() => order.push('answered 2'));
    await settle();
    expect(live.get('a', 'things', 'x')).toBeNull();
    hold.open();
    await Promise.all([one, two]);
    expect(order).toEqual([
      'store, memory at 0',
      'handed on 1, memory at 1',
      'handed on 2, memory at 2',
      'answered 1',
      'answered 2',
    ]);
  });

  test('[CM6] a listener that throws changes neither the answer nor what comes after', async () => {
    const w = await world();
    w.onCommitted = (c) => {
      if (c.version === 1) throw new Error('planted');
    };
    const [a, b] = await Promise.all([
      w.keep.commit.write('a', 'me', put('x', { n: 1 })),
      w.keep.commit.write('a', 'me', put('x', { n: 2 })),
    ]);
    expect(a.ok && b.ok).toBe(true);
    expect(w.committed.map((c) => c.version)).toEqual([1, 2]);
    expect(w.errors).toHaveLength(1);
  });

  test('[CM7] what queues up while the store is busy becomes one batch, and one record of it is stored once', async () => {
    const w = await world();
    const hold = gate();
    w.onCommit = () => (w.batches.length === 0 ? hold.wait : undefined);
    const first = w.keep.commit.write('a', 'me', put('x', { n: 0 }));
    await settle();
    const rest = Array.from({ length: 50 }, (_, i) => w.keep.commit.write('a', 'me', put('x', { n: i + 1 })));
    hold.open();
    await Promise.all([first, ...rest]);
    expect(w.batches.map((b) => [b.changes.length, b.records.length])).toEqual([
      [1, 1],
      [50, 1],
    ]);
    expect(w.batches[1]?.records[0]).toMatchObject({ id: 'x', rid: 1, version: 51 });
    expect(w.stats.map((s) => s.transactions)).toEqual([1, 50]);
  });
});

describe('bounds', () => {
  test('[CM8] a full queue refuses at once; the batch is bounded in transactions and bytes', async () => {
    const w = await world({ commitQueueMax: 5, commitBatchMax: 2 });
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, i) => w.keep.commit.write('a', 'me', put(`x${i}`, { n: i }))),
    );
    expect(results.map((r) => (r.ok ? r.value.version : r.code))).toEqual([1, 2, 3, 4, 5, 'overloaded']);
    expect(w.stats.map((s) => s.transactions)).toEqual([2, 2, 1]);
    const small = await world({ commitBatchBytesMax: 1000 });
    await Promise.all(
      Array.from({ length: 4 }, (_, i) => small.keep.commit.write('a', 'me', put(`x${i}`, { t: 'a'.repeat(600) }))),
    );
    expect(small.stats.map((s) => s.transactions)).toEqual([2, 2]);
  });

  test('[CM8] a write that waited too long behind a store that hangs is refused, and never done later', async () => {
    const w = await world({ commitAgeMs: 5000 });
    const hold = gate();
    w.onCommit = () => hold.wait;
    const first = w.keep.commit.write('a', 'me', put('x', { n: 1 }));
    await settle();
    const second = w.keep.commit.write('a', 'me', put('y', { n: 1 }));
    w.clock.advance(3000);
    const third = w.keep.commit.write('a', 'me', put('z', { n: 1 }));
    w.clock.advance(2000);
    expect(await second).toMatchObject({ ok: false, code: 'overloaded' });
    hold.open();
    // The first was with the store already: its outcome is the store's to tell.
    expect(await first).toMatchObject({ ok: true });
    expect(await third).toMatchObject({ ok: true });
    expect(w.keep.live.get('a', 'things', 'y')).toBeNull();
    await w.keep.close();
    expect(w.clock.pending).toBe(0);
  });

  test('[CM9] a record or an organization beyond its limit is refused, whatever the transaction makes of it', async () => {
    const w = await world({ recordBytesMax: 300, recordsPerOrgMax: 2 });
    const { commit } = w.keep;
    const huge = await commit.write('a', 'me', put('x', { text: 'é'.repeat(100) }));
    expect(huge).toMatchObject({ ok: false, code: 'too_large' });
    await commit.write('a', 'me', put('x', { n: 1 }));
    await commit.write('a', 'me', put('y', { n: 1 }));
    expect(await commit.write('a', 'me', put('z', { n: 1 }))).toMatchObject({ ok: false, code: 'too_many_records' });
    expect(await commit.write('b', 'me', put('z', { n: 1 }))).toMatchObject({ ok: true });
    const swap = await commit.write('a', 'me', (draft) => {
      draft.delete('things', 'x');
      draft.put('things', 'z', { n: 1 });
      return ok(null);
    });
    expect(swap.ok).toBe(true);
    for (const id of ['', 'a/b', '..', '__proto__', 'x\n', 'x'.repeat(129)]) {
      expect(await commit.write('b', 'me', put(id, { n: 1 }))).toMatchObject({ ok: false, code: 'bad_field' });
    }
    expect(w.keep.live.count('a')).toBe(2);
  });
});

describe('rows', () => {
  test('[CM10] a row has every field of its collection in one order, and the commit alone sets the stamps', async () => {
    const w = await world();
    const { commit, live, store } = w.keep;
    await commit.write(
      'a',
      'me',
      put('j', { title: 'Copy', id: 'evil', org: 'evil', version: 9, createdAt: 1 }, 'jobs'),
    );
    const made = w.clock.now();
    const row = live.get('a', 'jobs', 'j')?.row;
    expect(row).toMatchObject({ id: 'j', org: 'a', version: 1, createdAt: made, title: 'Copy', leaseUntil: null });
    expect(Object.keys(row ?? {}).slice(0, 5)).toEqual(['id', 'org', 'version', 'createdAt', 'updatedAt']);
    w.clock.advance(70);
    await commit.write('a', 'me', put('j', { title: 'Move', state: 'running' }, 'jobs'));
    const next = live.get('a', 'jobs', 'j');
    expect(Object.keys(next?.row ?? {})).toEqual(Object.keys(row ?? {}));
    expect(next?.row).toMatchObject({ createdAt: made, updatedAt: made + 70, state: 'running' });
    expect(w.committed[1]?.changes[0]?.patch).toEqual({ updatedAt: made + 70, title: 'Move', state: 'running' });
    expect(JSON.parse(next?.text() ?? '')).toEqual({ ...next?.row, id: undefined, org: undefined, version: undefined });
    expect(await store.changesSince({ org: 'a', version: 0, limit: 9 })).toMatchObject([
      { version: 1, op: 'put', patch: { title: 'Copy' }, actor: 'me' },
      { version: 2, op: 'patch', patch: { title: 'Move', state: 'running', updatedAt: made + 70 } },
    ]);
  });

  test('[CM10] texts are ASCII and say the same', async () => {
    const w = await world();
    await w.keep.commit.write('a', 'me', put('x', { name: 'Zürich 🚂 \u2028' }));
    const text = w.keep.live.get('a', 'things', 'x')?.text() ?? '';
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(text)).toMatchObject({ name: 'Zürich 🚂 \u2028' });
  });

  test('[CM11] a deleted record leaves a tombstone; made again it is another record with a new rid', async () => {
    const w = await world();
    const { commit, live } = w.keep;
    await commit.write('a', 'me', put('x', { n: 1 }));
    await commit.write('a', 'me', (draft) => (draft.delete('things', 'x'), ok(null)));
    expect([...live.changedSince('a', 'things', 0)].map((e) => [e.id, e.rid, e.version, e.row])).toEqual([
      ['x', 1, 2, null],
    ]);
    await commit.write('a', 'me', put('x', { n: 2 }));
    expect([...live.changedSince('a', 'things', 0)].map((e) => [e.id, e.rid, e.version, e.row === null])).toEqual([
      ['x', 2, 3, false],
      ['x', 1, 2, true],
    ]);
    expect([...live.changedSince('a', 'things', 2)].map((e) => e.rid)).toEqual([2]);
    expect([...live.entries('a', 'things')].map((e) => e.rid)).toEqual([2]);
    expect(w.committed.map((c) => c.changes[0]).map((c) => [c?.before === null, c?.after === null])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ]);
    await w.keep.close();
    const again = await world({}, w);
    expect([...again.keep.live.changedSince('a', 'things', 0)].map((e) => [e.rid, e.version, e.row === null])).toEqual([
      [2, 3, false],
      [1, 2, true],
    ]);
    expect(again.keep.commit.epoch).toBe(w.keep.commit.epoch);
    const made = await again.keep.commit.write('a', 'me', put('y', { n: 1 }));
    expect(made.ok && made.value.version).toBe(4);
    expect(again.keep.live.get('a', 'things', 'y')?.rid).toBe(3);
  });

  test('[CM11] swept tombstones raise the floor, in memory and after a restart', async () => {
    const w = await world({ tombstoneMs: 1000, sweepIntervalMs: 100, changesMs: 1_000_000 });
    const { commit, live } = w.keep;
    await commit.write('a', 'me', put('x', { n: 1 }));
    await commit.write('a', 'me', put('y', { n: 1 }));
    await commit.write('a', 'me', (draft) => (draft.delete('things', 'x'), ok(null)));
    await w.clock.run(999);
    expect(live.floor('a')).toBe(0);
    await w.clock.run(101);
    expect(live.floor('a')).toBe(3);
    expect([...live.changedSince('a', 'things', 0)].map((e) => e.id)).toEqual(['y']);
    await w.keep.close();
    expect(w.clock.pending).toBe(0);
    const again = await world({}, w);
    expect(again.keep.live.floor('a')).toBe(3);
    expect(again.keep.live.version('a')).toBe(3);
    const made = await again.keep.commit.write('a', 'me', put('z', { n: 1 }));
    expect(made.ok && again.keep.live.get('a', 'things', 'z')?.rid).toBe(3);
  });
});

test('[CM12] closing answers what was taken and refuses what comes after', async () => {
  const w = await world();
  const hold = gate();
  w.onCommit = () => hold.wait;
  const taken = [w.keep.commit.write('a', 'me', put('x', { n: 1 }))];
  await settle();
  taken.push(w.keep.commit.write('a', 'me', put('y', { n: 1 })));
  const closing = w.keep.close();
  const late = await w.keep.commit.write('a', 'me', put('z', { n: 1 }));
  expect(late).toMatchObject({ ok: false, code: 'unavailable' });
  hold.open();
  await closing;
  expect((await Promise.all(taken)).every((r) => r.ok)).toBe(true);
  expect(w.clock.pending).toBe(0);
  const again = await world({}, w);
  expect(again.keep.live.count('a')).toBe(2);
});
