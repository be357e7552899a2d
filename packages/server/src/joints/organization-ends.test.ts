import { ok } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { MemoryStore } from '../keep/memory-store.ts';
import { openKeep, type Keep } from '../keep/open.ts';
import { verifyAudit } from '../keep/verify-audit.ts';
import { limits as defaults } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { caller } from '../testing/desk.ts';
import { Organizations } from './organizations.ts';
import { OrganizationEnds } from './organization-ends.ts';

const limits = { ...defaults, organizationEndSliceRecords: 3 };
const ann = caller(['admin'], { kind: 'user', id: 'ann', name: 'Ann' });
const BARE = { observedAt: null, labels: {}, source: null };

/** A server's worth of what ends an organization, over a store that outlives it. */
async function openAt(store: MemoryStore, clock = new FakeClock()) {
  const shut: string[] = [];
  const errors: unknown[] = [];
  /** What follows records and writes of them a little later, as counters do. */
  let follows: ((org: string) => void) | null = null;
  const keep: Keep = await openKeep({
    clock,
    store,
    log: silentLog,
    limits,
    onCommitted: ({ org }) => follows?.(org),
  });
  const ends = new OrganizationEnds({
    clock,
    limits,
    store,
    live: keep.live,
    commit: keep.commit,
    onEnded: (org) => void shut.push(org),
    onError: (error) => void errors.push(error),
  });
  await ends.open();
  const members = { organizationsOf: () => [], standingIn: () => null };
  const organizations = new Organizations({ commit: keep.commit, live: keep.live, store, limits, ends, members });
  await organizations.open();
  const left = (org: string): number => keep.live.count(org);
  follows = (org) => {
    if (org === 'main' || keep.live.get(org, 'things', 'count') === null) return;
    clock.after(250, () => {
      void keep.commit.write(org, 'system', (draft) => {
        draft.put('things', 'count', { ...BARE, n: Math.floor(clock.now()) });
        return ok(null);
      });
    });
  };
  return { clock, keep, ends, organizations, shut, errors, left };
}

type At = Awaited<ReturnType<typeof openAt>>;

/** Lets everything that can happen happen, until this holds. */
async function until(at: At, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
    at.clock.advance(100);
  }
  throw new Error('it never came to hold');
}

async function close({ ends, keep }: At): Promise<void> {
  await ends.close();
  await keep.close();
}

/** Ten records, a document and an audit row, in each of two organizations. */
async function fill({ keep }: At): Promise<void> {
  for (const org of ['acme', 'beta']) {
    const made = await keep.commit.write(org, ann, (draft) => {
      for (let n = 0; n < 9; n++) draft.put('things', `t${n}`, { ...BARE, n });
      draft.put('things', 'count', { ...BARE, n: 0 });
      draft.put('members', 'ann', { ...BARE, name: 'Ann', state: 'active' });
      draft.document('api-key', 'k1', { hash: 'x' });
      draft.audit({ action: 'things:create' });
      return ok(null);
    });
    expect(made.ok).toBe(true);
  }
}

const isOver = ({ ends }: At): boolean => [...ends.underWay()].length === 0;

const verdictOf = (store: MemoryStore, org: string) =>
  store
    .auditHead(org)
    .then((head) => verifyAudit(org, async (q) => (await store.audits(q)).rows, { head, kept: null }));

/** Nothing of acme is anywhere but its log and its name; beta is as it was. */
async function expectGone(at: At, store: MemoryStore): Promise<void> {
  expect(at.left('acme')).toBe(0);
  expect([...at.keep.live.orgs()]).not.toContain('acme');
  expect(await store.document('api-key', 'acme', 'k1')).toBeNull();
  expect(await store.changesSince({ org: 'acme', version: 0, limit: 10 })).toEqual([]);
  expect(at.organizations.has('acme')).toBe(false);
  expect(await verdictOf(store, 'acme')).toMatchObject({ isWhole: true, rows: 2 });
  const [last] = (await store.audits({ org: 'acme', limit: 1 })).rows;
  expect(last).toMatchObject({ action: 'organization:delete', actorId: 'ann', why: 'they left' });
  const told = (await store.audits({ org: 'main', limit: 10 })).rows;
  expect(told.map(({ action, id }) => [action, id])).toEqual([['organization:delete', 'acme']]);
  expect(at.left('beta')).toBe(11);
  expect(await store.document('api-key', 'beta', 'k1')).toEqual({ hash: 'x' });
}

const ending = { id: 'acme', name: 'Acme', lost: { records: 11 }, why: 'they left' };

test('[PM13] a deleted organization is shut at once and goes with all it has; its log stays whole and its id is not given again', async () => {
  const store = new MemoryStore();
  const at = await openAt(store);
  await fill(at);
  expect(await at.ends.begin(ann, ending)).toMatchObject({ ok: true });
  expect(at.shut).toEqual(['acme']);
  expect([...at.ends.underWay()]).toMatchObject([{ id: 'acme', name: 'Acme' }]);
  // Again changes nothing.
  expect(await at.ends.begin(ann, ending)).toMatchObject({ ok: true });
  await until(at, () => isOver(at));
  await expectGone(at, store);
  const late = await at.keep.commit.write('acme', ann, (draft) => {
    draft.put('things', 'late', BARE);
    return ok(null);
  });
  expect(late).toMatchObject({ ok: false, code: 'gone' });
  // What is done to its log goes on.
  expect(
    await at.keep.commit.write('acme', 'server', (draft) => {
      draft.audit({ action: 'things:look' });
      return ok(null);
    }),
  ).toMatchObject({ ok: true });
  const runs = { ...ann, isOperator: true };
  expect(await at.organizations.make(runs, { id: 'acme', name: 'Other' })).toMatchObject({ ok: false, code: 'exists' });
  expect(await at.ends.begin(ann, { ...ending, id: 'main' })).toMatchObject({ ok: false, code: 'precondition' });
  expect(at.errors).toEqual([]);
  await close(at);
});

test('[PM14] a kill at any write of a deletion is gone on from by the next start, and repeats nothing in the log', async () => {
  let kills = 0;
  for (let at = 1; ; at++) {
    let writes = -Infinity;
    const store = new MemoryStore({
      onCommit: () => {
        writes += 1;
        if (writes > at) throw new Error('the process is gone');
      },
    });
    const first = await openAt(store);
    await fill(first);
    writes = 0;
    const begun = await first.ends.begin(ann, ending);
    if (begun.ok) await until(first, () => isOver(first) || writes > at);
    const isCut = writes > at;
    writes = -Infinity;
    await close(first);
    const next = await openAt(store);
    // Whoever was told that it is done finds it begun.
    if (begun.ok) expect(next.ends.has('acme')).toBe(true);
    else await next.ends.begin(ann, ending);
    next.ends.start();
    await until(next, () => isOver(next));
    await expectGone(next, store);
    await close(next);
    // And a start after that has nothing to do.
    const last = await openAt(store);
    last.ends.start();
    expect([isOver(last), last.shut]).toEqual([true, []]);
    await close(last);
    if (!isCut) break;
    kills += 1;
  }
  // Begin, the last row, four slices at least, what came after them, and two marks.
  expect(kills).toBeGreaterThan(7);
});

test('[PM14] a store that fails is asked again', async () => {
  let isBroken = false;
  const store = new MemoryStore({
    onCommit: () => {
      if (isBroken) throw new Error('no room');
    },
  });
  const at = await openAt(store);
  await fill(at);
  await at.ends.begin(ann, ending);
  isBroken = true;
  await until(at, () => at.errors.length > 1);
  isBroken = false;
  await until(at, () => isOver(at));
  await expectGone(at, store);
  await close(at);
});
