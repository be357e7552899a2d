import type { Json } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { caller, openDesk, type Desk } from '../../testing/desk.ts';

const admin = caller(['admin']);

async function say(desk: Desk, op: 'create' | 'patch', id: string, fields: { [key: string]: Json }): Promise<string> {
  const kind = op === 'create' && fields['kind'] === undefined ? { kind: 'tcp', target: 'db:5432' } : {};
  const name = op === 'create' ? { name: id } : {};
  const done = await desk.commands.mutate(admin, {
    collection: 'services',
    id,
    op,
    fields: { ...name, ...kind, ...fields },
  });
  return done.ok ? 'ok' : `${done.code} ${done.message}`;
}

test('[GR1] a ring of dependencies is refused at the write that would close it, and leaves nothing', async () => {
  const desk = await openDesk();
  expect(await say(desk, 'create', 'db', {})).toBe('ok');
  expect(await say(desk, 'create', 'api', { dependsOn: ['services/db'] })).toBe('ok');
  expect(await say(desk, 'create', 'web', { dependsOn: ['services/api', 'services/later'] })).toBe('ok');
  expect(await say(desk, 'patch', 'db', { dependsOn: ['services/web'] })).toBe(
    'bad_field dependsOn: found the ring services/db -> services/web -> services/api -> services/db, expected no way back; leave one of them out',
  );
  expect(desk.row('services', 'db')).toMatchObject({ dependsOn: [] });
  expect(await say(desk, 'create', 'me', { dependsOn: ['services/me'] })).toMatch(
    /^bad_field dependsOn: found the ring/,
  );
  expect(desk.row('services', 'me')).toBeNull();
  expect(desk.row('checks', 'me')).toBeNull();
  await desk.close();
});

test('[GR1] a ring is refused too when a file closes it, and what is refused leaves nothing behind', async () => {
  const desk = await openDesk();
  const service = (id: string, dependsOn: readonly string[]) =>
    ({ id, name: id, kind: 'tcp', target: 'db:5432', dependsOn }) as const;
  const synced = await desk.commands.sync('main', [service('a', ['services/b']), service('b', ['services/a'])], 'file');
  expect(synced).toMatchObject({
    ok: true,
    value: {
      value: [
        { id: 'a', ok: true },
        { id: 'b', ok: false },
      ],
    },
  });
  expect(desk.row('services', 'b')).toBeNull();
  await desk.close();
});

test('[GR1] groups in groups have no ring and a bounded depth', async () => {
  const desk = await openDesk();
  const group = (id: string, refs: readonly string[]) =>
    say(desk, 'create', id, { kind: 'group', members: { refs: [...refs] } });
  for (let i = 0; i <= 7; i++) expect(await group(`g${i}`, i === 0 ? [] : [`services/g${i - 1}`])).toBe('ok');
  expect(await group('g8', ['services/g7'])).toBe('ok');
  expect(await group('g9', ['services/g8'])).toMatch(/^bad_field members.refs: found a chain of more than 8/);
  expect(await say(desk, 'patch', 'g0', { members: { refs: ['services/g3'] } })).toMatch(
    /^bad_field members.refs: found the ring/,
  );
  await desk.close();
});

test('[GR2] only groups have members, and a group has neither check nor observers', async () => {
  const desk = await openDesk();
  expect(await say(desk, 'create', 'g', { kind: 'group' })).toBe('ok');
  expect(desk.row('services', 'g')).toMatchObject({
    status: 'pending',
    members: { refs: [], where: null, rule: 'worst', bad: null, weights: {} },
  });
  expect(desk.row('checks', 'g')).toBeNull();
  expect(await say(desk, 'patch', 'g', { members: { where: ['eq', 'group', 'shop'], rule: 'quorum', bad: 2 } })).toBe(
    'ok',
  );
  expect(desk.row('services', 'g')).toMatchObject({
    members: { where: ['eq', 'group', 'shop'], rule: 'quorum', bad: 2 },
  });
  const refused: readonly (readonly [string, { [key: string]: Json }])[] = [
    ['members.refs.0', { kind: 'group', members: { refs: ['jobs/j1'] } }],
    ['members.refs', { kind: 'group', members: { refs: ['services/a', 'services/a'] } }],
    ['members.where', { kind: 'group', members: { where: ['almost', 'group', 'x'] } }],
    ['members.bad', { kind: 'group', members: { rule: 'quorum' } }],
    ['members.bad', { kind: 'group', members: { bad: 2 } }],
    ['members', { members: { refs: [] } }],
    ['check', { kind: 'group', check: { intervalMs: 1000 } }],
    ['fusion', { kind: 'group', fusion: { rule: 'any' } }],
    ['fusion.named', { fusion: { rule: 'named' } }],
    ['fusion.named', { fusion: { rule: 'any', named: 'server' } }],
    ['dependsOn.0', { dependsOn: ['services/../etc'] }],
    ['target', { kind: 'group', target: 'x' }],
  ];
  for (const [path, fields] of refused) {
    expect([path, await say(desk, 'create', 'no', fields)]).toEqual([
      path,
      expect.stringMatching(new RegExp(`^bad_field ${path}\\b`)),
    ]);
  }
  expect(await say(desk, 'patch', 'g', { check: { intervalMs: 1_000 } })).toMatch(
    /^bad_field check: a group is not checked/,
  );
  await desk.close();
});

test('[GR2] a patch of members changes what it names and leaves the rest', async () => {
  const desk = await openDesk();
  await say(desk, 'create', 'g', { kind: 'group', members: { refs: ['services/a'], weights: { 'services/a': 3 } } });
  expect(await say(desk, 'patch', 'g', { members: { rule: 'weighted' } })).toBe('ok');
  expect(desk.row('services', 'g')).toMatchObject({
    members: { refs: ['services/a'], rule: 'weighted', weights: { 'services/a': 3 }, bad: null },
  });
  await desk.close();
});

test('[DE22] mute and unmute are commands of everything that has a status', async () => {
  const desk = await openDesk();
  const call = async (name: string, fields: { [key: string]: Json } = {}) => {
    const done = await desk.commands.mutate(admin, { collection: 'agents', id: 'a7', op: 'call', name, fields });
    return done.ok ? 'ok' : `${done.code} ${done.message}`;
  };
  await desk.reports.report(caller(['report']), { collection: 'agents', id: 'a7', phase: 'idle' });
  const until = desk.clock.now() + 60_000;
  expect(await call('mute', { until: desk.clock.now() })).toMatch(/^bad_field until/);
  expect(await call('mute', { until, reason: 'known' })).toBe('ok');
  expect(desk.row('agents', 'a7')).toMatchObject({ mutedUntil: until, overlay: { muted: true, mutedReason: 'known' } });
  await desk.clock.run(60_300);
  expect(desk.row('agents', 'a7')).toMatchObject({ mutedUntil: null, overlay: { muted: false } });
  expect(await call('mute')).toBe('ok');
  expect(await call('unmute')).toBe('ok');
  expect(desk.row('agents', 'a7')).toMatchObject({ mutedUntil: null, overlay: { muted: false } });
  await desk.close();
});
