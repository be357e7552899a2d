import type { Inbox as InboxRow, Notification } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { Person } from '../derive/causes.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits } from '../lib/limits.ts';
import type { Notice } from '../send/notice.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Inbox } from './inbox.ts';
import { messageDue } from './messages.ts';

const HOUR = 3_600_000;
const ANA: Person = { id: 'ana', name: 'Ana', email: 'ana@example.org', role: 'admin' };
const BEN: Person = { id: 'ben', name: 'Ben', email: 'ben@example.org', role: 'viewer' };
const ana = caller(['read'], { kind: 'user', id: 'ana' });
const ben = caller(['read'], { kind: 'user', id: 'ben', name: 'Ben' });
const app = caller(['report'], { id: 'app', name: 'App' });

interface House {
  readonly desk: Desk;
  readonly notices: Notice[];
  readonly errors: unknown[];
  close(): Promise<void>;
}

async function house(
  options: { clock?: FakeClock; store?: MemoryStore; people?: readonly Person[]; perPerson?: number } = {},
): Promise<House> {
  const { people = [ANA, BEN], perPerson = 500, ...rest } = options;
  const notices: Notice[] = [];
  const errors: unknown[] = [];
  const desk: Desk = await openDesk({
    ...rest,
    acts: { 'notifications/create': (call) => inbox.send(call) },
    onCommitted: (committed) => inbox.follow(committed),
    onDue: {
      notifications: (org, id, deadline) => inbox.due(org, id, deadline),
      inboxes: (org, id, deadline) => inbox.inboxDue(org, id, deadline),
      messages: (org, id, deadline) => messageDue({ commit: () => desk.keep.commit, limits }, org, id, deadline),
    },
  });
  const inbox: Inbox = new Inbox({
    clock: desk.clock,
    limits: { ...limits, notificationsPerPersonMax: perPerson },
    live: desk.keep.live,
    commit: desk.keep.commit,
    store: desk.store,
    people: (org) => (org === 'main' ? people : []),
    devices: (_org, person) => (person === 'ana' ? [{ id: 'd1', to: '{"endpoint":"https://push.example/1"}' }] : []),
    enqueue: (_draft, notice) => {
      notices.push(notice);
      return notice.key;
    },
    onError: (error) => errors.push(error),
  });
  await inbox.start();
  await desk.clock.run(10);
  return {
    desk,
    notices,
    errors,
    async close() {
      inbox.close();
      await desk.close();
      expect(errors).toEqual([]);
    },
  };
}

async function put({ desk }: House, collection: string, id: string, fields: JsonObject): Promise<void> {
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put(collection, id, { labels: {}, ...draft.get(collection, id), ...fields });
    return ok(null);
  });
  await desk.clock.run(10);
}

function fire(at: House, id: string, more: JsonObject = {}): Promise<void> {
  return put(at, 'alerts', id, {
    rule: 'down',
    severity: 'critical',
    subject: `services/${id}`,
    state: 'firing',
    parent: null,
    title: `${id} is down`,
    text: 'refused',
    firedAt: at.desk.clock.now(),
    resolvedAt: null,
    resolution: '',
    incident: null,
    ...more,
  });
}

function items({ desk }: House, person = 'ana'): readonly Notification[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `notifications` are Notification.
  const rows = Array.from(desk.keep.live.entries('main', 'notifications'), ({ row }) => row as Notification);
  return rows.filter((row) => row.person === person).toSorted((a, b) => a.createdAt - b.createdAt);
}

function box({ desk }: House, person = 'ana'): InboxRow | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `inboxes` are Inbox.
  return desk.row('inboxes', person) as InboxRow | null;
}

function call({ desk }: House, collection: string, id: string, name: string, fields: JsonObject = {}, who = ana) {
  return desk.commands.mutate(who, { collection, id, op: 'call', name, fields });
}

test('[IB2] an alert reaches everybody once, and its end those who were told', async () => {
  const at = await house();
  await put(at, 'channels', 'push', { kind: 'webpush', isEnabled: true });
  await fire(at, 'shop');
  expect(items(at)).toMatchObject([
    {
      type: 'alert',
      priority: 'urgent',
      title: 'shop is down',
      refs: ['alerts/shop', 'services/shop'],
      path: '/alerts/shop',
      state: 'unread',
      count: 1,
      sound: true,
    },
  ]);
  expect(items(at, 'ben')).toHaveLength(1);
  expect(box(at)).toMatchObject({ unread: 1, urgent: 1, total: 1, byType: { alert: 1, recovery: 0 } });
  // The same state again, by any change of the record, is nothing new.
  await put(at, 'alerts', 'shop', { note: 'looking' });
  expect(items(at)).toHaveLength(1);
  await at.desk.commands.mutate(ben, { collection: 'notifications', id: items(at, 'ben')[0]?.id ?? '', op: 'del' });
  await put(at, 'alerts', 'shop', { state: 'resolved', resolvedAt: at.desk.clock.now(), resolution: 'after 2 min' });
  expect(
    items(at)
      .map(({ type }) => type)
      .toSorted(),
  ).toEqual(['alert', 'recovery']);
  // Ben threw the word of the problem away: its end is no news to him.
  expect(items(at, 'ben')).toEqual([]);
  expect(at.notices.map(({ title, to }) => [title, to])).toEqual([
    ['shop is down', '{"endpoint":"https://push.example/1"}'],
    ['Recovered: shop is down', '{"endpoint":"https://push.example/1"}'],
  ]);
  await at.close();
});

test('[IB2] folded, pending and suppressed alerts are told to nobody', async () => {
  const at = await house();
  await fire(at, 'a', { parent: 'root' });
  await fire(at, 'b', { state: 'suppressed' });
  await fire(at, 'c', { state: 'pending', firedAt: null });
  expect(items(at)).toEqual([]);
  expect(box(at)).toBeNull();
  await at.close();
});

test('[IB2] the end of a run is told to its owner alone, named by id, address or name', async () => {
  const at = await house();
  const run = (id: string, owner: string, state: string) =>
    put(at, 'jobs', id, {
      title: 'Scan',
      owner,
      state,
      attempt: 1,
      endedAt: at.desk.clock.now(),
      reason: { code: '', text: 'no report' },
    });
  await run('a', 'ana', 'lost');
  await run('b', 'ANA@example.org', 'succeeded');
  await run('c', 'Ben', 'failed');
  await run('d', '', 'failed');
  await run('e', 'ana', 'canceled');
  expect(items(at).map(({ title, priority }) => [title, priority])).toEqual([
    ['Scan: lost', 'high'],
    ['Scan: succeeded', 'low'],
  ]);
  expect(items(at, 'ben').map(({ title }) => title)).toEqual(['Scan: failed']);
  await at.close();
});

test('[IB2] incidents and maintenances; a draft is the admins’ business until it is published', async () => {
  const at = await house();
  const incident = {
    title: 'Shop is down',
    impact: 'major',
    updates: [],
    isPublished: false,
    publishedAt: null,
    drafted: 'alert',
    by: '',
  };
  await put(at, 'incidents', 'i', incident);
  expect(items(at).map(({ title }) => title)).toEqual(['Draft of an incident: Shop is down']);
  expect(items(at, 'ben')).toEqual([]);
  await put(at, 'incidents', 'i', { isPublished: true, publishedAt: at.desk.clock.now() });
  expect(items(at, 'ben')).toMatchObject([{ title: 'Published: Shop is down', priority: 'high', type: 'incident' }]);
  // One thread: repeats within ten minutes are one item with the newest words.
  expect(items(at)).toMatchObject([{ title: 'Published: Shop is down', count: 2 }]);
  const update = {
    id: 'u1',
    at: at.desk.clock.now(),
    by: 'Ana',
    phase: 'identified',
    text: 'It is the cache.',
    isPublic: true,
  };
  await put(at, 'incidents', 'i', { updates: [update] });
  expect(items(at, 'ben')).toMatchObject([{ title: 'Shop is down: identified', text: 'It is the cache.', count: 2 }]);
  // Ana wrote it herself.
  expect(items(at)).toMatchObject([{ count: 2 }]);
  const now = at.desk.clock.now();
  await put(at, 'maintenances', 'm', {
    title: 'Patch day',
    text: '',
    state: 'active',
    window: { from: now, to: now + HOUR },
    past: [],
  });
  expect(items(at, 'ben').map(({ type }) => type)).toEqual(['incident', 'maintenance']);
  await at.close();
});

test('[IB4] repeats of one thread are one item that is unread again', async () => {
  const at = await house();
  await fire(at, 'shop');
  const id = items(at)[0]?.id ?? '';
  await call(at, 'notifications', id, 'read');
  expect(box(at)).toMatchObject({ unread: 0, total: 1 });
  await put(at, 'alerts', 'shop2', {
    rule: 'down',
    severity: 'critical',
    subject: 'services/shop',
    state: 'firing',
    parent: null,
    title: 'shop is down again',
    text: '',
    firedAt: at.desk.clock.now(),
    resolvedAt: null,
  });
  expect(items(at)).toMatchObject([
    {
      id,
      count: 2,
      state: 'unread',
      title: 'shop is down again',
      refs: ['alerts/shop2', 'services/shop', 'alerts/shop'],
    },
  ]);
  expect(box(at)).toMatchObject({ unread: 1, total: 1 });
  await at.close();
});

test('[IB4] beyond the hour’s limit one summary holds the rest, and the last word is in it', async () => {
  const at = await house();
  await at.desk.commands.mutate(ana, {
    collection: 'preferences',
    id: '',
    op: 'create',
    fields: { throttle: { perHour: 5 } },
  });
  for (let n = 0; n < 30; n++) await fire(at, `s${n}`, { rule: `r${n}` });
  expect(items(at)).toHaveLength(6);
  const summary = items(at).find(({ type }) => type === 'system');
  expect(summary).toMatchObject({
    count: 25,
    title: '25 more notifications in this hour',
    priority: 'urgent',
    state: 'unread',
  });
  expect(summary?.text.split('\n')[0]).toBe('s29 is down');
  expect(items(at, 'ben')).toHaveLength(30);
  await at.desk.clock.run(HOUR);
  await fire(at, 'later');
  expect(items(at)).toHaveLength(7);
  await at.close();
});

test('[IB5] what is snoozed does not count and comes back unread at its time', async () => {
  const at = await house();
  await fire(at, 'shop');
  const id = items(at)[0]?.id ?? '';
  const until = at.desk.clock.now() + HOUR;
  expect(await call(at, 'notifications', id, 'snooze', { until })).toMatchObject({ ok: true });
  expect(box(at)).toMatchObject({ unread: 0, urgent: 0, byType: { alert: 0 } });
  await call(at, 'inboxes', 'ana', 'read-all');
  await at.desk.clock.run(HOUR - 1_000);
  expect(items(at)[0]?.snoozedUntil).toBe(until);
  await at.desk.clock.run(2_000);
  expect(items(at)[0]).toMatchObject({ state: 'unread', snoozedUntil: null });
  expect(box(at)).toMatchObject({ unread: 1, urgent: 1 });
  for (const wrong of [at.desk.clock.now(), at.desk.clock.now() + 400 * 24 * HOUR]) {
    expect(await call(at, 'notifications', id, 'snooze', { until: wrong })).toMatchObject({
      ok: false,
      code: 'bad_field',
    });
  }
  await at.close();
});

test('[IB5] read, unread, archive, all of it, delete: the counters are always those of the list', async () => {
  const at = await house();
  for (const id of ['a', 'b', 'c', 'd']) await fire(at, id);
  const [a = '', b = '', c = ''] = items(at).map(({ id }) => id);
  await call(at, 'notifications', a, 'read');
  await call(at, 'notifications', b, 'archive');
  expect(box(at)).toMatchObject({ unread: 2, total: 4 });
  await call(at, 'notifications', a, 'unread');
  await at.desk.commands.mutate(ana, {
    collection: 'notifications',
    id: c,
    op: 'patch',
    fields: { state: 'archived' },
  });
  expect(box(at)).toMatchObject({ unread: 2 });
  await at.desk.commands.mutate(ana, { collection: 'notifications', id: a, op: 'del' });
  expect(box(at)).toMatchObject({ unread: 1, total: 3 });
  await call(at, 'inboxes', 'ana', 'read-all');
  expect(box(at)).toMatchObject({ unread: 0, urgent: 0, byType: { alert: 0 }, total: 3 });
  await call(at, 'inboxes', 'ana', 'archive-all');
  expect(items(at).every(({ state }) => state === 'archived')).toBe(true);
  // Nobody else's.
  expect(box(at, 'ben')).toMatchObject({ unread: 4, total: 4 });
  await at.close();
});

test('[IB5] what was put away is forgotten after 30 days, what was read after 90, what is unread never', async () => {
  const at = await house();
  for (const id of ['a', 'b', 'c']) await fire(at, id);
  const [a = '', b = ''] = items(at).map(({ id }) => id);
  await call(at, 'notifications', a, 'archive');
  await call(at, 'notifications', b, 'read');
  await at.desk.clock.run(30 * 24 * HOUR + 1_000);
  expect(items(at)).toHaveLength(2);
  await at.desk.clock.run(60 * 24 * HOUR);
  expect(items(at)).toMatchObject([{ title: 'c is down' }]);
  expect(box(at)).toMatchObject({ total: 1, unread: 1 });
  await at.close();
}, 60_000);

test('[IB5] one person’s items are bounded', async () => {
  const at = await house({ perPerson: 10 });
  for (let n = 0; n < 25; n++) await fire(at, `s${n}`);
  expect(items(at)).toHaveLength(10);
  expect(items(at).at(-1)?.title).toBe('s24 is down');
  expect(box(at)).toMatchObject({ total: 10, unread: 10 });
  await at.close();
});

test('[IB3] while it is quiet pushes wait; at its end one push says how many', async () => {
  const at = await house({ clock: new FakeClock({ now: Date.parse('2026-06-10T22:00:00Z') }) });
  await put(at, 'channels', 'push', { kind: 'webpush', isEnabled: true });
  const quiet = { days: [0, 1, 2, 3, 4, 5, 6], from: '21:00', to: '06:00', zone: 'UTC', bypassUrgent: true };
  await at.desk.commands.mutate(ana, { collection: 'preferences', id: '', op: 'create', fields: { quiet } });
  for (const id of ['a', 'b']) await fire(at, id, { severity: 'warning' });
  expect(at.notices).toEqual([]);
  expect(items(at)).toMatchObject([{ sound: false }, { sound: false }]);
  await fire(at, 'c');
  expect(at.notices.map(({ title }) => title)).toEqual(['c is down']);
  await at.desk.clock.run(8 * HOUR + 1_000);
  expect(at.notices.map(({ title }) => title)).toEqual(['c is down', '2 notifications while it was quiet']);
  expect(box(at)).toMatchObject({ held: 0, nextAt: null });
  await at.desk.clock.run(24 * HOUR);
  expect(at.notices).toHaveLength(2);
  await at.close();
});

test('[IB6] a restart at any moment tells the same, once', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  // The record became durable, and the process died before anybody was told.
  const first = await openDesk({ clock, store });
  await first.keep.commit.write('main', 'test', (draft) => {
    draft.put('alerts', 'shop', {
      labels: {},
      rule: 'down',
      severity: 'critical',
      subject: 'services/shop',
      state: 'firing',
      parent: null,
      title: 'shop is down',
      text: '',
      firedAt: draft.now,
      resolvedAt: null,
    });
    draft.put('alerts', 'old', {
      labels: {},
      rule: 'down',
      severity: 'critical',
      subject: 'services/old',
      state: 'firing',
      parent: null,
      title: 'old',
      text: '',
      firedAt: draft.now - 25 * HOUR,
      resolvedAt: null,
    });
    return ok(null);
  });
  await first.close();
  for (let n = 0; n < 3; n++) {
    const at = await house({ clock, store });
    expect(items(at).map(({ title, count }) => [title, count])).toEqual([['shop is down', 1]]);
    expect(box(at)).toMatchObject({ unread: 1, total: 1 });
    await at.close();
  }
  // Thrown away is not told again either.
  const at = await house({ clock, store });
  await at.desk.commands.mutate(ana, { collection: 'notifications', id: items(at)[0]?.id ?? '', op: 'del' });
  await at.close();
  const again = await house({ clock, store });
  expect(items(again)).toEqual([]);
  await again.close();
});

test('[MS10] a critical message is told to whom it is for and who wants it, each time that it becomes active', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const boss = caller(['admin'], { kind: 'user', id: 'ana', name: 'Ana' });
  let at = await house({ clock, store });
  const say = async (id: string, fields: JsonObject): Promise<void> => {
    const body = { id, title: id, priority: 'critical', publish: true, ...fields };
    const work = at.desk.commands.mutate(boss, { collection: 'messages', id: '', op: 'create', fields: body });
    await clock.run(10);
    expect(await work).toMatchObject({ ok: true });
  };
  const told = (person: string): readonly string[] => items(at, person).map(({ title }) => title);
  await say('now', { body: '**Stop** all deploys, see [the plan](https://a.example/plan).\n\n- today' });
  await say('calm', { priority: 'warning' });
  await say('users', { audience: 'customers' });
  await say('draft', { publish: false });
  await say('planned', { audience: 'operators', startsAt: clock.now() + 60_000 });
  // Ana said it herself.
  expect([told('ana'), told('ben')]).toEqual([[], ['now']]);
  expect(items(at, 'ben')).toMatchObject([
    {
      type: 'message',
      priority: 'urgent',
      text: 'Stop all deploys, see the plan. today',
      refs: ['messages/now'],
      path: '/messages/now',
    },
  ]);
  await clock.run(60_250);
  // The clock began it: nobody has said it.
  expect([told('ana'), told('ben')]).toEqual([['planned'], ['now', 'planned']]);
  // Other words, what readers do, and starts again are nothing new.
  await call(at, 'messages', 'now', 'seen', {}, ben);
  await at.desk.commands.mutate(boss, { collection: 'messages', id: 'now', op: 'patch', fields: { title: 'Now' } });
  await clock.run(10);
  for (let n = 0; n < 2; n++) {
    await at.close();
    at = await house({ clock, store });
  }
  expect(told('ben')).toEqual(['now', 'planned']);
  // What is said once more is told once more, to who wants it.
  await at.desk.commands.mutate(ben, {
    collection: 'preferences',
    id: '',
    op: 'create',
    fields: { types: { message: { inbox: false } } },
  });
  await call(at, 'messages', 'planned', 'withdraw', {}, boss);
  await clock.run(HOUR);
  await call(at, 'messages', 'planned', 'reactivate', { startsAt: clock.now() + 1_000 }, boss);
  await clock.run(1_500);
  expect([told('ana'), told('ben')]).toEqual([
    ['planned', 'planned'],
    ['now', 'planned'],
  ]);
  await at.close();
});

test('[MS10] a process that died at the beginning of a critical message tells it at its start; what passed meanwhile is told by nobody', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const boss = caller(['admin'], { kind: 'user', id: 'ana', name: 'Ana' });
  // Nobody follows what this one commits: it dies before anybody is told.
  const first = await openDesk({ clock, store });
  const from = clock.now() + 1_000;
  for (const [id, more] of [
    ['said', {}],
    ['began', { startsAt: from }],
    ['passed', { startsAt: from, endsAt: from + 1_000 }],
  ] as const) {
    const body = { id, title: id, priority: 'critical', publish: true, ...more };
    await first.commands.mutate(boss, { collection: 'messages', id: '', op: 'create', fields: body });
  }
  await first.close();
  clock.advance(60_000);
  for (let n = 0; n < 3; n++) {
    const at = await house({ clock, store });
    await clock.run(500);
    const titles = (person: string): readonly string[] => items(at, person).map(({ title }) => title);
    expect([titles('ana'), titles('ben').toSorted()]).toEqual([['began'], ['began', 'said']]);
    await at.close();
  }
});

test('[IB7] a program tells one person or everybody, once per key; whether there is such a person is told to admins alone', async () => {
  const at = await house();
  const send = (fields: JsonObject, who = app, key?: string) =>
    at.desk.commands.mutate(who, {
      collection: 'notifications',
      id: '',
      op: 'create',
      fields: { title: 'Hello', ...fields },
      key,
    });
  expect(await send({ person: 'ana', priority: 'high', text: 'You.' }, app, 'k1')).toMatchObject({ ok: true });
  const again = await send({ person: 'ana', priority: 'high', text: 'You.' }, app, 'k1');
  expect(again).toMatchObject({ ok: true });
  expect(items(at)).toMatchObject([{ type: 'message', priority: 'high', title: 'Hello', text: 'You.', count: 1 }]);
  expect(items(at, 'ben')).toEqual([]);
  await send({ person: '*', title: 'All' });
  expect(items(at, 'ben')).toMatchObject([{ title: 'All' }]);
  const nobody = await send({ person: 'nobody' });
  expect(nobody).toMatchObject({ ok: true });
  expect(JSON.stringify(nobody)).not.toContain('nobody');
  expect(await send({ person: 'nobody' }, caller(['admin']))).toMatchObject({ ok: false, code: 'not_found' });
  expect(await send({ person: 'ana' }, ana)).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await send({ person: 'ana', path: 'https://evil.example' })).toMatchObject({ ok: false, code: 'bad_field' });
  await at.close();
});
