/**
 * What every store must do, whatever is under it. Run by `<store>.test.ts` beside this file.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Limits } from '../lib/limits.ts';
import { limits as defaults } from '../lib/limits.ts';
import { ANCHOR, auditRow, type AuditEntry, type AuditRow } from './audit.ts';
import { verifyAudit } from './verify-audit.ts';
import type { ChangeRow, CommitBatch, Store, StoredRecord, StoreHead, TransitionRow } from './store.ts';

/** How a suite makes its store and opens it again on the same data. */
export interface StoreFixture {
  open(limits: Limits): Promise<Store>;
  /** Opens a second time what the first close left. */
  reopen(limits: Limits): Promise<Store>;
  dispose(): Promise<void>;
}

const LIMITS: Limits = {
  ...defaults,
  tombstoneMs: 1_000,
  changesMs: 1_000,
  samplesMs: 1_000,
  transitionsMs: 1_000,
  deleteSliceRows: 3,
};

export function testStore(name: string, fixture: () => Promise<StoreFixture>): void {
  describe(`store contract: ${name}`, () => {
    let at: StoreFixture;
    let store: Store;
    let head: StoreHead;

    beforeEach(async () => {
      at = await fixture();
      store = await at.open(LIMITS);
      head = await store.open();
    });
    afterEach(async () => {
      await store.close();
      await at.dispose();
    });

    async function restart(): Promise<void> {
      await store.close();
      store = await at.reopen(LIMITS);
      head = await store.open();
    }

    test('[CM14] a new store is empty and has an epoch that reopening keeps', async () => {
      expect(head.orgs).toEqual([]);
      expect(head.epoch).toMatch(/^[\w-]{8,64}$/);
      const { epoch } = head;
      expect(await load(store)).toEqual([]);
      await restart();
      expect(head.epoch).toBe(epoch);
    });

    test('[CM14] what was committed is there after a restart: records, heads, tombstones', async () => {
      await store.commit(
        batch({
          records: [record({ rid: 1, id: 'x' }), record({ rid: 2, id: 'y' })],
          changes: [change(1, 'x'), change(1, 'y')],
        }),
      );
      await store.commit(
        batch({ records: [record({ rid: 1, id: 'x', version: 2, text: '{"n":2}' })], changes: [change(2, 'x')] }),
      );
      await store.commit(
        batch({ records: [record({ rid: 2, id: 'y', version: 3, text: null })], changes: [change(3, 'y', 'del')] }),
      );
      await restart();
      expect(head.orgs).toEqual([{ org: 'a', version: 3, rid: 2, floor: 0 }]);
      expect(await load(store)).toEqual([
        record({ rid: 1, id: 'x', version: 2, text: '{"n":2}' }),
        record({ rid: 2, id: 'y', version: 3, text: null }),
      ]);
    });

    test('[CM14] a record made again under its id stands beside its tombstone', async () => {
      await store.commit(batch({ records: [record({ rid: 1, id: 'x' })], changes: [change(1, 'x')] }));
      await store.commit(
        batch({ records: [record({ rid: 1, id: 'x', version: 2, text: null })], changes: [change(2, 'x', 'del')] }),
      );
      await store.commit(
        batch({ records: [record({ rid: 2, id: 'x', version: 3 })], changes: [change(3, 'x', 'put')] }),
      );
      await restart();
      expect((await load(store)).map((r) => [r.rid, r.version, r.text === null])).toEqual([
        [1, 2, true],
        [2, 3, false],
      ]);
    });

    test('[CM14] a batch of several transactions and organizations is kept whole, and organizations stay apart', async () => {
      await store.commit(
        batch({
          records: [record({ rid: 1, id: 'x', version: 2 }), record({ org: 'b', rid: 1, id: 'x' })],
          changes: [change(1, 'x'), change(2, 'x'), { ...change(1, 'x'), org: 'b', actor: 'bob' }],
          transitions: [transition({ id: 'x', at: 5 }), transition({ org: 'b', id: 'x', at: 6 })],
          samples: [
            { org: 'a', collection: 'things', id: 'x', at: 5, ms: 1.5, v: 'u' },
            { org: 'b', collection: 'things', id: 'x', at: 5, ms: null, v: 'd' },
          ],
          documents: [
            { kind: 'key', org: 'a', id: 'k', value: { of: 'a' }, expiresAt: null },
            { kind: 'key', org: 'b', id: 'k', value: { of: 'b' }, expiresAt: null },
          ],
        }),
      );
      expect((await store.changesSince({ org: 'a', version: 0, limit: 9 })).map((c) => c.version)).toEqual([1, 2]);
      expect(await store.changesSince({ org: 'b', version: 0, limit: 9 })).toMatchObject([{ org: 'b', actor: 'bob' }]);
      expect(await store.changesSince({ org: 'c', version: 0, limit: 9 })).toEqual([]);
      expect((await store.transitions(history('x', 'b'))).map((t) => t.at)).toEqual([6]);
      expect((await store.recentTransitions({ org: 'a', before: 99, limit: 9 })).map((t) => t.at)).toEqual([5]);
      expect(await store.samples(history('x', 'b'))).toEqual([
        { org: 'b', collection: 'things', id: 'x', at: 5, ms: null, v: 'd' },
      ]);
      expect(await store.document('key', 'a', 'k')).toEqual({ of: 'a' });
      expect(await store.document('key', 'c', 'k')).toBeNull();
      await restart();
      expect(head.orgs.toSorted((x, y) => (x.org < y.org ? -1 : 1)).map((o) => [o.org, o.version])).toEqual([
        ['a', 2],
        ['b', 1],
      ]);
    });

    test('[CM14] a batch that cannot be kept whole leaves nothing behind, and the next one goes through', async () => {
      await store.commit(batch({ records: [record({ rid: 1, id: 'x' })], changes: [change(1, 'x')] }));
      const stale = batch({
        records: [record({ rid: 2, id: 'y' })],
        changes: [change(1, 'y')],
        documents: [{ kind: 'key', org: 'a', id: 'k', value: 1, expiresAt: null }],
        samples: [{ org: 'a', collection: 'things', id: 'y', at: 5, ms: 1, v: 'u' }],
      });
      await expect(store.commit(stale)).rejects.toThrow();
      expect(await store.document('key', 'a', 'k')).toBeNull();
      expect(await store.samples(history('y'))).toEqual([]);
      await store.commit(batch({ records: [record({ rid: 2, id: 'z', version: 2 })], changes: [change(2, 'z')] }));
      await restart();
      expect((await load(store)).map((r) => r.id)).toEqual(['x', 'z']);
      expect(head.orgs).toEqual([{ org: 'a', version: 2, rid: 2, floor: 0 }]);
    });

    test('[CM14] changes come back oldest first, after a version, no more than asked for', async () => {
      for (let v = 1; v <= 5; v++) {
        await store.commit(
          batch({
            records: [record({ rid: 1, id: 'x', version: v })],
            changes: [{ ...change(v, 'x'), patch: { n: v, 'labels.é': 'ü' } }],
          }),
        );
      }
      const rows = await store.changesSince({ org: 'a', version: 2, limit: 2 });
      expect(rows).toEqual([
        { ...change(3, 'x'), patch: { n: 3, 'labels.é': 'ü' } },
        { ...change(4, 'x'), patch: { n: 4, 'labels.é': 'ü' } },
      ]);
      expect(await store.changesSince({ org: 'a', version: 5, limit: 2 })).toEqual([]);
    });

    test('[CM14] transitions come newest first, of one record or of all, inside the times asked for', async () => {
      await store.commit(
        batch({
          transitions: [
            transition({ id: 'x', at: 1 }),
            transition({ id: 'x', at: 3 }),
            transition({ id: 'y', at: 3 }),
            transition({ id: 'x', at: 2 }),
          ],
        }),
      );
      expect((await store.transitions(history('x'))).map((t) => t.at)).toEqual([3, 2, 1]);
      expect((await store.transitions({ ...history('x'), from: 2, to: 3 })).map((t) => t.at)).toEqual([2]);
      expect((await store.transitions({ ...history('x'), limit: 1 })).map((t) => t.at)).toEqual([3]);
      const recent = await store.recentTransitions({ org: 'a', before: 4, limit: 3 });
      expect(recent.map((t) => [t.id, t.at])).toEqual([
        ['y', 3],
        ['x', 3],
        ['x', 2],
      ]);
      expect(recent[0]).toEqual(transition({ id: 'y', at: 3 }));
      expect(await store.recentTransitions({ org: 'a', before: 1, limit: 3 })).toEqual([]);
    });

    test('[CM14] samples come oldest first; a second one of the same millisecond replaces the first', async () => {
      const sample = (at: number, ms: number | null, v = 'u') => ({
        org: 'a',
        collection: 'things',
        id: 'x',
        at,
        ms,
        v,
      });
      await store.commit(
        batch({ samples: [sample(3, 30), sample(1, 10.25), sample(2, null, 'x'), sample(3, 31, 'g')] }),
      );
      expect(await store.samples(history('x'))).toEqual([sample(1, 10.25), sample(2, null, 'x'), sample(3, 31, 'g')]);
      expect(await store.samples({ ...history('x'), from: 2, to: 3 })).toEqual([sample(2, null, 'x')]);
      expect(await store.samples({ ...history('x'), limit: 1 })).toEqual([sample(1, 10.25)]);
      expect(await store.samples(history('nobody'))).toEqual([]);
    });

    test('[CM14] documents are replaced, deleted and listed by kind and organization', async () => {
      const doc = (org: string, id: string, value: unknown, kind = 'key') => ({
        kind,
        org,
        id,
        value: JSON.parse(JSON.stringify(value)),
        expiresAt: null,
      });
      await store.commit(
        batch({
          documents: [
            doc('b', '1', 1),
            doc('a', '2', { x: [1, null] }),
            doc('a', '1', 'one'),
            doc('a', '1', 'other', 'secret'),
          ],
        }),
      );
      await store.commit(batch({ documents: [doc('a', '1', 'two'), { ...doc('a', '9', 0), value: null }] }));
      expect(await store.documents('key', null)).toEqual([
        doc('a', '1', 'two'),
        doc('a', '2', { x: [1, null] }),
        doc('b', '1', 1),
      ]);
      expect(await store.documents('key', 'b')).toEqual([doc('b', '1', 1)]);
      await store.commit(batch({ documents: [{ ...doc('a', '1', 0), value: null }] }));
      expect(await store.document('key', 'a', '1')).toBeNull();
      expect(await store.document('secret', 'a', '1')).toBe('other');
      await restart();
      expect((await store.documents('key', 'a')).map((d) => d.id)).toEqual(['2']);
    });

    test('[CM14] any text comes back as it was: other scripts, quotes, NUL, 8 MB', async () => {
      const odd = `"'\\\u0000\u2028 Zürich \u{1F682} \u202E ${'x'.repeat(100)}`;
      const big = 'ä'.repeat(4_000_000);
      await store.commit(
        batch({
          records: [record({ org: odd, rid: 1, id: 'x', text: JSON.stringify({ odd }) })],
          changes: [{ ...change(1, 'x'), org: odd, actor: odd, patch: { odd } }],
          transitions: [transition({ org: odd, id: 'x', at: 1, text: odd })],
          documents: [{ kind: odd, org: odd, id: odd, value: { odd, big }, expiresAt: null }],
        }),
      );
      await restart();
      expect((await load(store))[0]).toEqual(record({ org: odd, rid: 1, id: 'x', text: JSON.stringify({ odd }) }));
      expect(await store.changesSince({ org: odd, version: 0, limit: 1 })).toMatchObject([
        { actor: odd, patch: { odd } },
      ]);
      expect(await store.recentTransitions({ org: odd, before: 9, limit: 1 })).toMatchObject([{ text: odd }]);
      expect(await store.document(odd, odd, odd)).toEqual({ odd, big });
      expect(await store.documents(odd, odd)).toHaveLength(1);
    });

    test('[CM14] more documents than one page holds are all listed', async () => {
      const documents = Array.from({ length: 1_200 }, (_, i) => ({
        kind: 'key',
        org: i % 2 === 0 ? 'a' : 'b',
        id: `k${i}`,
        value: 'x'.repeat(5_000),
        expiresAt: null,
      }));
      await store.commit(batch({ documents }));
      expect(new Set((await store.documents('key', null)).map((d) => d.id)).size).toBe(1_200);
      expect(new Set((await store.documents('key', 'b')).map((d) => d.id)).size).toBe(600);
    });

    test('[CM15] a sweep deletes what has passed its time and nothing else, and raises the floor past tombstones', async () => {
      const old = 1_000;
      const young = 5_000;
      const records: StoredRecord[] = [];
      const changes: ChangeRow[] = [];
      for (let i = 1; i <= 8; i++) {
        records.push(
          record({ rid: i, id: `x${i}`, version: i, at: i <= 6 ? old : young, text: i % 2 === 0 ? null : '{}' }),
        );
        changes.push({ ...change(i, `x${i}`), at: i <= 6 ? old : young });
      }
      const sample = (id: string, at: number) => ({ org: 'a', collection: 'things', id, at, ms: 1, v: 'u' });
      await store.commit(
        batch({
          records,
          changes,
          transitions: [1, 2, 3, 4].map((n) => transition({ id: 'x1', at: n, recordedAt: n === 4 ? young : old })),
          samples: [
            ...[1, 2, 3, 4, 5].map((at) => sample('x1', at)),
            sample('x1', young),
            sample('x2', 7),
            sample('x7', young),
          ],
          documents: [
            { kind: 'key', org: 'a', id: 'over', value: 1, expiresAt: 1_500 },
            { kind: 'key', org: 'a', id: 'kept', value: 1, expiresAt: 9_000 },
            { kind: 'key', org: 'a', id: 'ever', value: 1, expiresAt: null },
          ],
        }),
      );
      // Tombstones x2 x4 x6, changes 1-6, three transitions, six samples, one document.
      expect(await store.sweep(3_000)).toBe(3 + 6 + 3 + 6 + 1);
      expect(await store.sweep(3_000)).toBe(0);
      expect((await store.changesSince({ org: 'a', version: 0, limit: 99 })).map((c) => c.version)).toEqual([7, 8]);
      expect((await store.transitions(history('x1'))).map((t) => t.at)).toEqual([4]);
      expect((await store.samples(history('x1'))).map((s) => s.at)).toEqual([young]);
      expect(await store.samples(history('x7'))).toHaveLength(1);
      expect((await store.documents('key', 'a')).map((d) => d.id)).toEqual(['ever', 'kept']);
      await restart();
      expect(head.orgs).toEqual([{ org: 'a', version: 8, rid: 8, floor: 6 }]);
      expect((await load(store)).map((r) => r.id)).toEqual(['x1', 'x3', 'x5', 'x7', 'x8']);
    });

    test('[CM15] the newest rid is remembered when its tombstone is gone', async () => {
      await store.commit(batch({ records: [record({ rid: 1, id: 'x' })], changes: [change(1, 'x')] }));
      await store.commit(
        batch({ records: [record({ rid: 1, id: 'x', version: 2, text: null })], changes: [change(2, 'x', 'del')] }),
      );
      await store.sweep(1_000_000);
      await restart();
      expect(await load(store)).toEqual([]);
      expect(head.orgs).toEqual([{ org: 'a', version: 2, rid: 1, floor: 2 }]);
    });

    test('[CM22] how much each kind of rows takes, and how old its oldest is', async () => {
      const sample = (id: string, at: number) => ({ org: 'a', collection: 'things', id, at, ms: 1, v: 'u' });
      await store.commit(
        batch({
          records: [record({ rid: 1, id: 'x' }), record({ rid: 2, id: 'y' })],
          changes: [change(1, 'x'), change(1, 'y')],
          transitions: [transition({ id: 'x', at: 50 })],
          samples: [sample('x', 70), sample('y', 60), sample('x', 80)],
        }),
      );
      const parts = await store.parts();
      if (name === 'memory') return expect(parts).toEqual([]);
      const { samples, transitions, records, changes, audits, rollups5m } = Object.fromEntries(
        parts.map((part) => [part.part, part]),
      );
      expect(samples).toMatchObject({ rows: 3, oldestAt: 60 });
      expect(records).toMatchObject({ rows: 2, oldestAt: null });
      expect(changes).toMatchObject({ rows: 2 });
      expect(transitions).toMatchObject({ rows: 1 });
      for (const full of [samples, transitions, records, changes]) expect(full?.bytes).toBeGreaterThanOrEqual(4_096);
      for (const empty of [audits, rollups5m]) expect(empty).toMatchObject({ rows: 0, bytes: 0, oldestAt: null });
      await Promise.all([store.parts(), store.commit(batch({ samples: [sample('x', 90)] }))]);
      expect((await store.parts()).find(({ part }) => part === 'samples')?.rows).toBe(4);
    });

    test('[CM15] the change log is bounded in versions, however young they are', async () => {
      await store.close();
      store = await at.reopen({ ...LIMITS, changesVersionsMax: 3 });
      await store.open();
      for (let v = 1; v <= 10; v++) {
        await store.commit(batch({ records: [record({ rid: 1, id: 'x', version: v })], changes: [change(v, 'x')] }));
      }
      await store.sweep(0);
      expect((await store.changesSince({ org: 'a', version: 0, limit: 99 })).map((c) => c.version)).toEqual([8, 9, 10]);
    });

    test('[CM15] writes go on between the slices of a sweep', async () => {
      const samples = Array.from({ length: 50 }, (_, i) => ({
        org: 'a',
        collection: 'things',
        id: `x${i}`,
        at: i,
        ms: 1,
        v: 'u',
      }));
      await store.commit(batch({ samples }));
      const order: string[] = [];
      const sweep = store.sweep(1_000_000).then(() => order.push('swept'));
      const write = store
        .commit(batch({ samples: [{ org: 'a', collection: 'things', id: 'x0', at: 2_000_000, ms: 1, v: 'u' }] }))
        .then(() => order.push('written'));
      await Promise.all([sweep, write]);
      expect((await store.samples({ ...history('x0'), to: 9_000_000 })).map((s) => s.at)).toEqual([2_000_000]);
      if (name !== 'memory') expect(order).toEqual(['written', 'swept']);
    });

    test('[AT1] rows of the audit log come back as they were, by organization, after a restart, with where the chain ends', async () => {
      const odd = `"'\\\u0000 Zürich \u{1F682}`;
      const rows = chain('a', [{ action: 'things:change', why: odd }, { action: 'things:delete' }]);
      const others = chain('b', [{ action: 'keys:create', target: { collection: 'keys', id: odd }, after: { odd } }]);
      await store.commit(batch({ audits: [...rows, ...others] }));
      await restart();
      expect((await store.audits({ org: 'a', limit: 9 })).rows).toEqual(rows.toReversed());
      expect((await store.audits({ org: 'b', limit: 9 })).rows).toEqual(others);
      expect(head.audits.toSorted((x, y) => (x.org < y.org ? -1 : 1))).toEqual(
        [rows[1], others[0]].map((row) => ({ org: row?.org, seq: row?.seq, hash: row?.hash })),
      );
      expect(await store.auditHead('a')).toEqual({ org: 'a', seq: 2, hash: rows[1]?.hash });
      expect(await store.auditHead('nobody')).toBeNull();
    });

    test('[AT1] a row that does not go on where its chain ends is refused with everything of its batch', async () => {
      const [first, second, third] = chain('a', [{ action: 'a:b' }, { action: 'a:c' }, { action: 'a:d' }]);
      if (first === undefined || second === undefined || third === undefined) throw new Error('three rows');
      await store.commit(batch({ audits: [first] }));
      for (const bad of [first, third, { ...second, prev: 'another' }]) {
        const doc = { kind: 'k', org: 'a', id: 'x', value: 1, expiresAt: null };
        await expect(store.commit(batch({ audits: [bad], documents: [doc] }))).rejects.toThrow(/go on|end where/u);
        expect(await store.document('k', 'a', 'x')).toBeNull();
      }
      await store.commit(batch({ audits: [second, third] }));
      expect((await store.audits({ org: 'a', limit: 9 })).rows.map(({ seq }) => seq)).toEqual([3, 2, 1]);
    });

    test('[AT6] the audit log is found by who, what, which record, outcome, time and text, a page at a time', async () => {
      const entries: AuditEntry[] = [
        { action: 'things:create', target: { collection: 'things', id: 'x' }, after: { name: 'Blue' } },
        { action: 'things:change', target: { collection: 'things', id: 'y' }, actor: 'user:ann' },
        { action: 'thingsish:change', outcome: 'forbidden', why: 'a BLUE moon' },
        { action: 'things:change', target: { collection: 'things', id: 'x' }, actor: 'user:ann' },
      ];
      await store.commit(batch({ audits: chain('a', entries) }));
      const found = async (q: object): Promise<readonly number[]> =>
        (await store.audits({ org: 'a', limit: 9, ...q })).rows.map(({ seq }) => seq);
      expect(await found({ actor: 'ann' })).toEqual([4, 2]);
      expect(await found({ action: 'things' })).toEqual([4, 2, 1]);
      expect(await found({ action: 'things:change' })).toEqual([4, 2]);
      expect(await found({ collection: 'things', id: 'x' })).toEqual([4, 1]);
      expect(await found({ outcome: 'refused' })).toEqual([3]);
      expect(await found({ outcome: 'forbidden' })).toEqual([3]);
      expect(await found({ outcome: 'ok', action: 'thingsish' })).toEqual([]);
      expect(await found({ from: 2, to: 4 })).toEqual([3, 2]);
      expect(await found({ text: 'blue' })).toEqual([3, 1]);
      expect(await found({ text: '%' })).toEqual([]);
      expect(await found({ after: 2 })).toEqual([3, 4]);
      const first = await store.audits({ org: 'a', limit: 3 });
      expect(first.next).toBe(2);
      const rest = await store.audits({ org: 'a', limit: 3, before: first.next ?? 0 });
      expect([rest.rows.map(({ seq }) => seq), rest.next]).toEqual([[1], null]);
    });

    test('[AT5] the front of the audit log goes only when a row of it says so, and then the rest is still a whole chain', async () => {
      const old = chain(
        'a',
        Array.from({ length: 7 }, (_, i) => ({ action: `a:${i}` })),
      );
      await store.commit(batch({ audits: old }));
      const front = await store.auditsBefore('a', 6);
      expect(front).toEqual({ head: { org: 'a', seq: 5, hash: old[4]?.hash }, rows: 5 });
      await expect(store.sweepAudits('a', 5)).rejects.toThrow('begins behind 5');
      const last = old.at(-1);
      if (front === null || last === undefined) throw new Error('rows');
      const after = { through: front.head.seq, hash: front.head.hash };
      await store.commit(
        batch({ audits: [auditRow({ action: ANCHOR, after }, { head: last, at: 8, version: 1, actor: 'server' })] }),
      );
      await expect(store.sweepAudits('a', 6)).rejects.toThrow('begins behind 6');
      expect(await store.sweepAudits('a', 5)).toBe(5);
      await restart();
      const verdict = await verifyAudit('a', async (q) => (await store.audits(q)).rows, {
        head: await store.auditHead('a'),
      });
      expect(verdict).toMatchObject({ isWhole: true, from: 6, rows: 3, head: { seq: 8 }, flaws: [] });
      // The newest row is never part of what is old: there must be one to hang the anchor on.
      expect(await store.auditsBefore('a', 1_000)).toMatchObject({ head: { seq: 7 } });
      expect(await store.auditsBefore('a', 1)).toBeNull();
    });

    test('[CM14] a closed store refuses instead of losing', async () => {
      await store.close();
      await expect(store.commit(batch({ samples: [] }))).rejects.toThrow('closed');
      await expect(store.document('k', 'a', 'x')).rejects.toThrow('closed');
      await expect(store.sweep(0)).rejects.toThrow('closed');
      await store.close();
    });

    test('[PM13] an organization that is forgotten leaves nothing but its audit log, and the others as they were', async () => {
      const rows = ['x', 'y', 'z', 'u', 'v'];
      for (const org of ['a', 'b']) {
        await store.commit(
          batch({
            records: rows.map((id, n) => record({ org, id, rid: n + 1, version: 2, text: n === 0 ? null : '{}' })),
            changes: [1, 2].flatMap((version) => rows.map((id) => ({ ...change(version, id), org }))),
            transitions: rows.map((id) => ({ ...transition({ id, at: 1 }), org })),
            samples: rows.map((id, at) => ({ org, collection: 'things', id, at, ms: 1, v: 'u' })),
            documents: ['k', 'other'].flatMap((kind) =>
              rows.map((id) => ({ kind, org, id, value: { n: 1 }, expiresAt: null })),
            ),
            stale: [{ org, collection: 'things', id: 'x', from: 0, to: 10, hasSamples: false }],
            audits: chain(org, [{ action: 'things:create' }, { action: 'organization:delete' }]),
          }),
        );
      }
      const of = async (org: string): Promise<readonly number[]> => [
        (await load(store)).filter((row) => row.org === org).length,
        (await store.changesSince({ org, version: 0, limit: 100 })).length,
        (await store.recentTransitions({ org, before: 1_000, limit: 100 })).length,
        (await store.samples(history('y', org))).length,
        (await store.documents('k', org)).length + (await store.documents('other', org)).length,
        (await store.stale(10)).filter((row) => row.org === org).length,
        (await store.audits({ org, limit: 10 })).rows.length,
      ];
      const before = await of('b');
      expect(before).toEqual([5, 10, 5, 1, 10, 1, 2]);
      expect(await store.forget('a')).toBeGreaterThan(30);
      expect(await of('a')).toEqual([0, 0, 0, 0, 0, 0, 2]);
      expect(await of('b')).toEqual(before);
      expect(await store.forget('a')).toBe(0);
      await restart();
      expect(head.orgs.map(({ org }) => org)).toEqual(['b']);
      expect(head.audits.map(({ org, seq }) => [org, seq])).toContainEqual(['a', 2]);
      expect(await of('b')).toEqual(before);
    });
  });
}

/** Rows of a chain from its beginning; the n-th is of the time n. */
export function chain(org: string, entries: readonly AuditEntry[]): AuditRow[] {
  const rows: AuditRow[] = [];
  for (const [i, entry] of entries.entries()) {
    const head = rows.at(-1) ?? { org, seq: 0, hash: '' };
    rows.push(auditRow(entry, { head, at: i + 1, version: 1, actor: 'server' }));
  }
  return rows;
}

/** All records of a store, by rid. */
export async function load(store: Store): Promise<StoredRecord[]> {
  const rows: StoredRecord[] = [];
  await store.load((chunk) => rows.push(...chunk));
  return rows.sort((a, b) => a.rid - b.rid);
}

export function batch(parts: Partial<CommitBatch>): CommitBatch {
  return { records: [], changes: [], transitions: [], samples: [], documents: [], stale: [], audits: [], ...parts };
}

export function record(parts: Partial<StoredRecord> & { readonly rid: number; readonly id: string }): StoredRecord {
  return { org: 'a', collection: 'things', version: 1, at: 1, text: '{"n":1}', ...parts };
}

export function change(version: number, id: string, op: ChangeRow['op'] = 'patch'): ChangeRow {
  return {
    org: 'a',
    version,
    collection: 'things',
    id,
    op,
    patch: op === 'del' ? null : { n: version },
    actor: 'me',
    at: 1,
  };
}

function transition(parts: Partial<TransitionRow> & { readonly id: string; readonly at: number }): TransitionRow {
  return {
    org: 'a',
    collection: 'things',
    recordedAt: 1,
    from: 'up',
    to: 'down',
    code: 'refused',
    text: '',
    cause: 'probe',
    ...parts,
  };
}

function history(
  id: string,
  org = 'a',
): { org: string; collection: string; id: string; from: number; to: number; limit: number } {
  return { org, collection: 'things', id, from: 0, to: 1_000_000, limit: 100 };
}
