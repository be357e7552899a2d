import type { Alert, Incident } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { MemoryStore } from '../keep/memory-store.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Incidents } from './incidents.ts';

const MIN = 60_000;
const admin = caller(['admin']);

interface House {
  readonly desk: Desk;
  readonly incidents: Incidents;
  close(): Promise<void>;
}

async function house(options: { clock?: FakeClock; store?: MemoryStore } = {}): Promise<House> {
  const errors: unknown[] = [];
  const desk: Desk = await openDesk({
    ...options,
    onCommitted: (committed) => incidents.follow(committed),
    onDue: { incidents: (org, id, deadline) => incidents.due(org, id, deadline) },
  });
  const incidents: Incidents = new Incidents({
    clock: desk.clock,
    limits: { deadlineRetryMs: 1_000, deadlineSleepMsMax: 60_000 },
    live: desk.keep.live,
    commit: desk.keep.commit,
    onError: (error) => errors.push(error),
  });
  incidents.start();
  await desk.clock.run(10);
  return {
    desk,
    incidents,
    async close() {
      incidents.close();
      await desk.close();
      expect(errors).toEqual([]);
    },
  };
}

function alertFields(now: number, more: Partial<Alert>): JsonObject {
  return {
    observedAt: null,
    labels: {},
    source: null,
    rule: 'down',
    name: 'Down',
    severity: 'critical',
    subject: 'services/shop',
    subjectName: 'Shop',
    title: 'Shop is down',
    text: '',
    state: 'firing',
    suppressed: null,
    startedAt: now,
    firedAt: now,
    ackedAt: null,
    ackedBy: null,
    note: '',
    snoozedUntil: null,
    assignee: null,
    resolvedAt: null,
    resolution: '',
    evidence: {},
    parent: null,
    children: [],
    group: '',
    policy: null,
    step: 0,
    notified: { channels: [], count: 0, lastAt: null },
    incident: null,
    events: [],
    isSettled: true,
    due: {},
    nextAt: null,
    ...more,
  };
}

async function fire({ desk }: House, id: string, more: Partial<Alert> = {}): Promise<void> {
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put('alerts', id, alertFields(draft.now, more));
    return ok(null);
  });
  await desk.clock.run(10);
}

async function change({ desk }: House, id: string, more: JsonObject): Promise<void> {
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put('alerts', id, { ...draft.get('alerts', id), ...more });
    return ok(null);
  });
  await desk.clock.run(10);
}

const resolve = (at: House, id: string) => change(at, id, { state: 'resolved', resolvedAt: at.desk.clock.now() });

function all({ desk }: House): readonly Incident[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `incidents` are Incident.
  return Array.from(desk.keep.live.entries('main', 'incidents'), ({ row }) => row as Incident);
}

test('[IC3] an alert that fires for two minutes is drafted once, as of its start, and names it', async () => {
  const at = await house();
  const start = at.desk.clock.now();
  await fire(at, 'a');
  await at.desk.clock.run(2 * MIN - 100);
  expect(all(at)).toEqual([]);
  await at.desk.clock.run(200);
  expect(all(at)).toMatchObject([
    {
      title: 'Shop is down',
      phase: 'investigating',
      drafted: 'alert',
      isPublished: false,
      startedAt: start,
      alerts: ['a'],
      by: '',
    },
  ]);
  expect(at.desk.row('alerts', 'a')?.['incident']).toBe(all(at)[0]?.id);
  const version = at.desk.keep.live.version('main');
  await at.desk.clock.run(10 * MIN);
  expect(at.desk.keep.live.version('main')).toBe(version);
  await at.close();
});

test('[IC3] one that ends before its time is no incident', async () => {
  const at = await house();
  await fire(at, 'a');
  await at.desk.clock.run(MIN);
  await resolve(at, 'a');
  await at.desk.clock.run(10 * MIN);
  expect(all(at)).toEqual([]);
  await at.close();
});

test('[IC3] fifty services behind one that failed are one draft, at once', async () => {
  const at = await house();
  await fire(at, 'root', { subject: 'services/db', title: 'Database is down', children: ['c0'] });
  for (let n = 0; n < 49; n++) {
    await fire(at, `c${n}`, {
      subject: `services/s${n}`,
      state: 'suppressed',
      suppressed: { by: 'dependency', ref: 'services/db' },
      parent: 'root',
    });
  }
  expect(all(at)).toHaveLength(1);
  expect(all(at)[0]).toMatchObject({ title: 'Database is down and 2 more' });
  expect(all(at)[0]?.alerts).toHaveLength(50);
  expect(all(at)[0]?.affected).toHaveLength(50);
  await at.close();
});

test('[IC3] alerts of one group are one incident, those of another are their own', async () => {
  const at = await house();
  for (const id of ['a', 'b', 'c']) await fire(at, id, { subject: `services/${id}`, group: 'eu' });
  await fire(at, 'd', { subject: 'services/d', group: 'us' });
  await at.desk.clock.run(3 * MIN);
  expect(all(at).map(({ alerts }) => alerts.toSorted())).toEqual([['a', 'b', 'c'], ['d']]);
  // One more of the group joins.
  await fire(at, 'e', { subject: 'services/e', group: 'eu' });
  expect(all(at)[0]?.alerts).toHaveLength(4);
  await at.close();
});

test('[IC3] the settings of the organization decide, at once', async () => {
  const at = await house();
  const set = (drafting: JsonObject) =>
    at.desk.commands.mutate(admin, {
      collection: 'settings',
      id: 'main',
      op: at.desk.row('settings', 'main') === null ? 'create' : 'patch',
      fields: at.desk.row('settings', 'main') === null ? { id: 'main', drafting } : { drafting },
    });
  expect(await set({ isEnabled: false })).toMatchObject({ ok: true });
  await fire(at, 'a', { severity: 'warning' });
  await at.desk.clock.run(60 * MIN);
  expect(all(at)).toEqual([]);
  expect(await set({ isEnabled: true, severities: ['warning'], afterMs: 0 })).toMatchObject({ ok: true });
  await at.desk.clock.run(10);
  expect(all(at)).toHaveLength(1);
  expect(at.desk.row('settings', 'main')?.['drafting']).toMatchObject({ subjects: 3, severities: ['warning'] });
  await at.close();
});

test('[IC3] a restart at any moment drafts the same incident at the same time', async () => {
  const outcomes: string[] = [];
  for (const restartAt of [0, 1_000, MIN, 2 * MIN - 50, 2 * MIN + 50, 3 * MIN]) {
    const clock = new FakeClock();
    const store = new MemoryStore();
    let at = await house({ clock, store });
    await fire(at, 'a');
    await clock.run(restartAt);
    await at.close();
    at = await house({ clock, store });
    await clock.run(4 * MIN - restartAt);
    await resolve(at, 'a');
    await at.close();
    at = await house({ clock, store });
    await clock.run(6 * MIN);
    const found = all(at).map(({ id, phase, startedAt, alerts, resolvedAt }) => ({
      id,
      phase,
      startedAt,
      alerts,
      isOver: resolvedAt !== null,
    }));
    outcomes.push(JSON.stringify(found));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ phase: 'resolved', isOver: true });
    await at.close();
  }
  expect(new Set(outcomes).size).toBe(1);
});

test('[IC3] a draft that a person deleted is not drafted again', async () => {
  const at = await house();
  await fire(at, 'a');
  await at.desk.clock.run(3 * MIN);
  const [draft] = all(at);
  expect(
    await at.desk.commands.mutate(admin, { collection: 'incidents', id: draft?.id ?? '', op: 'del' }),
  ).toMatchObject({ ok: true });
  await at.desk.clock.run(10 * MIN);
  expect(all(at)).toEqual([]);
  await at.close();
});

test('[IC5] the draft follows its alerts to their end and resolves itself; back in between, it opens again', async () => {
  const at = await house();
  await fire(at, 'a');
  await at.desk.clock.run(3 * MIN);
  await resolve(at, 'a');
  const end = at.desk.row('alerts', 'a')?.['resolvedAt'];
  expect(all(at)[0]).toMatchObject({ phase: 'monitoring' });
  await at.desk.clock.run(2 * MIN);
  await change(at, 'a', { state: 'firing', resolvedAt: null });
  expect(all(at)[0]).toMatchObject({ phase: 'investigating', nextAt: null });
  await at.desk.clock.run(10 * MIN);
  expect(all(at)[0]).toMatchObject({ phase: 'investigating' });
  await resolve(at, 'a');
  await at.desk.clock.run(5 * MIN + 1_000);
  expect(all(at)[0]).toMatchObject({ phase: 'resolved', resolvedAt: at.desk.row('alerts', 'a')?.['resolvedAt'] });
  expect(all(at)[0]?.resolvedAt).not.toBe(end);
  await at.close();
});

test('[IC5] a published one waits for a person', async () => {
  const at = await house();
  await fire(at, 'a');
  await at.desk.clock.run(3 * MIN);
  const id = all(at)[0]?.id ?? '';
  await at.desk.commands.mutate(admin, { collection: 'incidents', id, op: 'call', name: 'publish' });
  await resolve(at, 'a');
  await at.desk.clock.run(60 * MIN);
  expect(all(at)[0]).toMatchObject({ phase: 'monitoring', isPublished: true, resolvedAt: null });
  await at.close();
});

test('[IC4] affected records follow their statuses while it lasts', async () => {
  const at = await house();
  const made = await at.desk.commands.mutate(admin, {
    collection: 'services',
    id: 'shop',
    op: 'create',
    fields: { name: 'Shop', kind: 'http', target: 'https://example.com/' },
  });
  expect(made).toMatchObject({ ok: true });
  await fire(at, 'a');
  await at.desk.clock.run(3 * MIN);
  const report = (health: string) =>
    at.desk.reports.report(admin, { collection: 'services', id: 'shop', health, final: true });
  await report('unhealthy');
  await at.desk.clock.run(10);
  expect(all(at)[0]).toMatchObject({ affected: [{ ref: 'services/shop', impact: 'down' }], impact: 'major' });
  await report('degraded');
  await at.desk.clock.run(10);
  expect(all(at)[0]).toMatchObject({ affected: [{ ref: 'services/shop', impact: 'degraded' }], impact: 'major' });
  await at.close();
});
