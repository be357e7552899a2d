import type { JsonObject } from '@statewire/protocol';
import { testVault } from '../../testing/test-vault.ts';
import { ok } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { caller, openDesk, type Desk } from '../../testing/desk.ts';
import type { Mutation } from './command.ts';

const admin = caller(['admin']);
const reporter = caller(['report'], { id: 'k2' });

const WEB = { name: 'Web', kind: 'http', target: 'https://example.com/' };

function mutate(desk: Desk, mutation: Partial<Mutation> & Pick<Mutation, 'op'>, who = admin) {
  return desk.commands.mutate(who, { collection: 'services', id: 'web', ...mutation });
}

async function create(desk: Desk, fields: JsonObject = {}): Promise<void> {
  expect(await mutate(desk, { op: 'create', fields: { ...WEB, ...fields } })).toMatchObject({
    ok: true,
    value: { value: { id: 'web' } },
  });
}

function call(desk: Desk, name: string, fields: JsonObject = {}, who = admin) {
  return mutate(desk, { op: 'call', name, fields }, who);
}

test('[CO9] a service and its check are made in one transaction, with defaults', async () => {
  const desk = await openDesk();
  await create(desk, { check: { intervalMs: 5_000 } });
  expect(desk.committed).toHaveLength(1);
  expect(desk.row('services', 'web')).toMatchObject({
    status: 'pending',
    kind: 'http',
    managedBy: 'api',
    labels: {},
    mcp: null,
  });
  expect(desk.row('checks', 'web')).toMatchObject({
    service: 'web',
    target: 'https://example.com/',
    intervalMs: 5_000,
    timeoutMs: 10_000,
    failAfter: 3,
    recoverAfter: 2,
    secrets: [],
  });
  await desk.close();
});

test('[CO9] an id is made of the name, and of chance when that is taken', async () => {
  const desk = await openDesk();
  const made = async (fields: JsonObject) => {
    const result = await mutate(desk, { op: 'create', id: '', fields });
    return result.ok ? result.value.value.id : result.code;
  };
  expect(await made({ ...WEB, name: 'Search API' })).toBe('search-api');
  expect(await made({ ...WEB, name: 'Search API' })).toMatch(/^search-api_[0-9a-z]{16}$/);
  expect(await made({ ...WEB, name: '検索' })).toMatch(/^svc_/);
  expect(await made({ ...WEB, id: 'search-api' })).toBe('exists');
  await desk.close();
});

test('[CO9] what does not fit is refused with the field and what was expected, and nothing is written', async () => {
  const desk = await openDesk();
  for (const fields of [
    { ...WEB, target: 'ftp://x' },
    { ...WEB, kind: 'mcp', target: 'stdio:rm -rf' },
    { ...WEB, check: { intervalMs: 10 } },
    { ...WEB, status: 'up' },
    { ...WEB, managedBy: 'file' },
    { name: 'x' },
  ]) {
    expect(await mutate(desk, { op: 'create', fields })).toMatchObject({ ok: false, code: 'bad_field' });
  }
  expect(desk.committed).toEqual([]);
  await desk.close();
});

/** What is stored of a secret, opened; the test sees to it that it was sealed. */
async function secretOf(desk: Desk, kind: string): Promise<unknown> {
  const sealed = await desk.store.document(kind, 'main', 'web');
  if (sealed === null) return null;
  expect(JSON.stringify(sealed)).not.toMatch(/s3cret|pw-|tk-/);
  const opened = testVault().open({ org: 'main', kind, id: 'web' }, sealed);
  return opened.ok ? opened.value : opened;
}

test('[CO10] values of secret headers are kept apart and only their names are shown', async () => {
  const desk = await openDesk();
  await create(desk, { check: { secretHeaders: { authorization: 'Bearer s3cret' } } });
  expect(desk.row('checks', 'web')).toMatchObject({ secrets: ['authorization'], headers: {} });
  expect(JSON.stringify(desk.committed)).not.toContain('s3cret');
  expect(await secretOf(desk, 'check-secrets')).toEqual({ authorization: 'Bearer s3cret' });
  await mutate(desk, { op: 'patch', fields: { check: { timeoutMs: 500 } } });
  expect(await secretOf(desk, 'check-secrets')).toEqual({ authorization: 'Bearer s3cret' });
  await mutate(desk, { op: 'patch', fields: { check: { secretHeaders: {} } } });
  expect(desk.row('checks', 'web')?.['secrets']).toEqual([]);
  expect(await desk.store.document('check-secrets', 'main', 'web')).toBeNull();
  await desk.close();
});

test('[CO9] a patch changes what it names and keeps the rest; a new interval brings its own grace', async () => {
  const desk = await openDesk();
  await mutate(desk, {
    op: 'create',
    fields: { name: 'Nightly', kind: 'heartbeat', check: { intervalMs: 60_000, failAfter: 5 } },
  });
  const token = desk.row('checks', 'web')?.['target'];
  await mutate(desk, { op: 'patch', fields: { name: 'Weekly', check: { intervalMs: 600_000 } } });
  expect(desk.row('services', 'web')).toMatchObject({ name: 'Weekly', kind: 'heartbeat' });
  expect(desk.row('checks', 'web')).toMatchObject({
    intervalMs: 600_000,
    graceMs: 300_000,
    failAfter: 5,
    target: token,
  });
  await mutate(desk, { op: 'patch', fields: { check: { failAfter: 2, graceMs: 7_000 } } });
  expect(desk.row('checks', 'web')).toMatchObject({ graceMs: 7_000, failAfter: 2, intervalMs: 600_000 });
  await desk.close();
});

test('[CO9] a new target forgets what was learned of the old one, and must fit the kind', async () => {
  const desk = await openDesk();
  await create(desk);
  await desk.observe('main', 'services', 'web', {
    kind: 'report',
    at: 0,
    observedAt: 0,
    seq: null,
    sourceId: 'x',
    health: 'healthy',
    phase: null,
    reason: null,
    final: true,
    facts: { reach: { v: 'ok', code: 'ok', text: '', ms: 1 } },
    latencyMs: null,
    periodMs: null,
    fields: {},
  });
  expect(await mutate(desk, { op: 'patch', fields: { target: 'db:5432' } })).toMatchObject({
    ok: false,
    code: 'bad_field',
  });
  await mutate(desk, { op: 'patch', fields: { target: 'https://example.org/' } });
  expect(desk.row('services', 'web')).toMatchObject({ target: 'https://example.org/', facts: {} });
  expect(desk.row('checks', 'web')?.['target']).toBe('https://example.org/');
  await desk.close();
});

test('[CK2] a secret is patched by its name, and null deletes it', async () => {
  const desk = await openDesk();
  const secret = (name: string): Promise<unknown> => secretOf(desk, `check-secrets-${name}`);
  await create(desk, { check: { secretHeaders: { 'x-key': 'k' }, secrets: { password: 'pw-1', token: 'tk-1' } } });
  expect(desk.row('checks', 'web')).toMatchObject({ secrets: ['x-key', 'password', 'token'] });
  expect(JSON.stringify([desk.row('checks', 'web'), desk.row('services', 'web')])).not.toMatch(/pw-1|tk-1/);
  await mutate(desk, { op: 'patch', fields: { check: { secrets: { password: 'pw-2' } } } });
  expect([await secret('password'), await secret('token')]).toEqual(['pw-2', 'tk-1']);
  await mutate(desk, { op: 'patch', fields: { check: { secrets: { token: null } } } });
  expect([await secret('password'), await secret('token')]).toEqual(['pw-2', null]);
  expect(desk.row('checks', 'web')?.['secrets']).toEqual(['x-key', 'password']);
  await mutate(desk, { op: 'patch', fields: { check: { secretHeaders: {} } } });
  expect(desk.row('checks', 'web')?.['secrets']).toEqual(['password']);
  await mutate(desk, { op: 'patch', fields: { check: { timeoutMs: 500 } } });
  expect(desk.row('checks', 'web')?.['secrets']).toEqual(['password']);
  await desk.close();
});

test('[CO11] deleting a service takes its check, secrets and tools with it; connections stay', async () => {
  const desk = await openDesk();
  await create(desk, { check: { secretHeaders: { 'x-key': 'k' } } });
  await desk.reports.report(reporter, { collection: 'connections', id: 'a7:web', phase: 'connected' });
  expect(await mutate(desk, { op: 'del' })).toMatchObject({ ok: true });
  expect(desk.row('services', 'web')).toBeNull();
  expect(desk.row('checks', 'web')).toBeNull();
  expect(await desk.store.document('check-secrets', 'main', 'web')).toBeNull();
  expect(desk.row('connections', 'a7:web')?.['status']).toBe('up');
  expect(await mutate(desk, { op: 'del' })).toMatchObject({ ok: false, code: 'not_found' });
  await desk.close();
});

test('[CO12] only a field that both touched conflicts, and the answer shows its present value', async () => {
  const desk = await openDesk();
  await create(desk);
  const base = desk.row('services', 'web')?.version ?? 0;
  await mutate(desk, { op: 'patch', fields: { name: 'Ours' } });
  expect(await mutate(desk, { op: 'patch', fields: { group: 'eu' }, base })).toMatchObject({ ok: true });
  const lost = await mutate(desk, { op: 'patch', fields: { name: 'Theirs', group: 'us' }, base });
  expect(lost).toMatchObject({
    ok: false,
    code: 'conflict',
    fields: ['name', 'group'],
    current: { name: 'Ours', group: 'eu' },
  });
  expect(lost.ok ? 0 : lost.version).toBe(desk.row('services', 'web')?.version);
  expect(desk.row('services', 'web')).toMatchObject({ name: 'Ours', group: 'eu' });
  await mutate(desk, { op: 'patch', fields: { check: { failAfter: 4 } } });
  expect(await mutate(desk, { op: 'patch', fields: { check: { failAfter: 9 } }, base })).toMatchObject({
    ok: false,
    code: 'conflict',
    fields: ['check.failAfter'],
    current: { failAfter: 4 },
  });
  await desk.close();
});

test('[CO12] probing a service does not conflict with renaming it', async () => {
  const desk = await openDesk();
  await create(desk);
  const base = desk.row('services', 'web')?.version ?? 0;
  await desk.reports.report(admin, { collection: 'services', id: 'web', health: 'healthy' });
  expect(await mutate(desk, { op: 'patch', fields: { name: 'New' }, base })).toMatchObject({ ok: true });
  await desk.close();
});

test('[CO12] If-Match asks that nothing moved at all', async () => {
  const desk = await openDesk();
  await create(desk);
  const ifVersion = desk.row('services', 'web')?.version ?? 0;
  await mutate(desk, { op: 'patch', fields: { group: 'eu' } });
  expect(await mutate(desk, { op: 'del', ifVersion })).toMatchObject({
    ok: false,
    code: 'precondition',
    version: ifVersion + 1,
  });
  expect(await mutate(desk, { op: 'patch', fields: { name: 'x' }, ifVersion: ifVersion + 1 })).toMatchObject({
    ok: true,
  });
  await desk.close();
});

test('[CO13] pause, resume and retire say what people want', async () => {
  const desk = await openDesk();
  await create(desk);
  await call(desk, 'pause');
  expect(desk.row('services', 'web')).toMatchObject({ desired: 'paused', status: 'paused' });
  await call(desk, 'resume');
  expect(desk.row('services', 'web')).toMatchObject({ desired: 'active', status: 'pending' });
  await mutate(desk, { op: 'patch', fields: { desired: 'retired' } });
  expect(desk.row('services', 'web')).toMatchObject({ desired: 'retired', status: 'paused' });
  await desk.close();
});

test('[CO13] an override ends by itself, in an hour when nobody said otherwise', async () => {
  const desk = await openDesk();
  await create(desk);
  const now = desk.clock.now();
  expect(await call(desk, 'override', { status: 'up', reason: 'known' })).toMatchObject({ ok: true });
  expect(desk.row('services', 'web')).toMatchObject({
    status: 'up',
    override: { until: now + 3_600_000, by: 'Ana', reason: 'known' },
  });
  await desk.clock.run(3_599_000);
  expect(desk.row('services', 'web')?.['status']).toBe('up');
  await desk.clock.run(1_500);
  expect(desk.row('services', 'web')).toMatchObject({ status: 'pending', override: null });
  await call(desk, 'override', { status: 'down', until: desk.clock.now() + 60_000 });
  await call(desk, 'clear-override');
  expect(desk.row('services', 'web')?.['override']).toBeNull();
  expect(desk.deadlines.size).toBe(0);
  for (const until of [now, now - 1, now + 40 * 86_400_000]) {
    expect(await call(desk, 'override', { status: 'up', until })).toMatchObject({ ok: false, code: 'bad_field' });
  }
  expect(await call(desk, 'override', { status: 'fine' })).toMatchObject({ ok: false, code: 'bad_field' });
  await desk.close();
});

test('[CO13] refresh and accept-tools hand on, with what came of it', async () => {
  const asked: string[] = [];
  const desk = await openDesk({
    acts: {
      'services/refresh': ({ principal: { org }, id }) => {
        asked.push(`refresh ${org}/${id}`);
        return Promise.resolve(
          asked.length === 1 ? ok({ version: 1, value: { id } }) : { ok: false, code: 'rate_limited', message: 'soon' },
        );
      },
      'services/accept-tools': ({ principal: { org }, id }) => {
        asked.push(`accept ${org}/${id}`);
        return Promise.resolve(ok({ version: 9, value: { id } }));
      },
    },
  });
  await create(desk);
  expect(await call(desk, 'refresh')).toEqual(ok({ version: 1, value: { id: 'web' } }));
  expect(await call(desk, 'refresh')).toMatchObject({ ok: false, code: 'rate_limited' });
  expect(await call(desk, 'accept-tools')).toEqual(ok({ version: 9, value: { id: 'web' } }));
  expect(await call(desk, 'refresh', {}, reporter)).toMatchObject({ ok: false, code: 'forbidden' });
  expect(asked).toEqual(['refresh main/web', 'refresh main/web', 'accept main/web']);
  await desk.close();
});

test('[CO13] cancel is a flag on a run that has not ended, and does not renew the lease of a dead worker', async () => {
  const desk = await openDesk();
  await desk.reports.report(reporter, { collection: 'jobs', id: 'j1', leaseMs: 20_000 });
  await desk.clock.run(10_000);
  const cancel = () => mutate(desk, { collection: 'jobs', id: 'j1', op: 'call', name: 'cancel' }, reporter);
  expect(await cancel()).toMatchObject({ ok: true });
  expect(desk.row('jobs', 'j1')).toMatchObject({ cancelRequested: true, state: 'running' });
  await desk.clock.run(10_300);
  expect(desk.row('jobs', 'j1')?.['state']).toBe('lost');
  expect(await cancel()).toMatchObject({ ok: false, code: 'gone' });
  await desk.close();
});

test('[CO13] a command that a collection does not have, or with strange arguments, is refused', async () => {
  const desk = await openDesk();
  await create(desk);
  expect(await call(desk, 'explode')).toMatchObject({ ok: false, code: 'unsupported' });
  expect(await call(desk, 'constructor')).toMatchObject({ ok: false, code: 'unsupported' });
  expect(await call(desk, 'cancel')).toMatchObject({ ok: false, code: 'unsupported' });
  expect(await call(desk, 'pause', { why: 1 })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await mutate(desk, { id: 'nobody', op: 'call', name: 'pause' })).toMatchObject({
    ok: false,
    code: 'not_found',
  });
  // Reported metrics can be deleted (DM9), and this desk has none.
  expect(await mutate(desk, { collection: 'metrics', id: 'fleet', op: 'del' })).toMatchObject({
    ok: false,
    code: 'not_found',
  });
  expect(await mutate(desk, { collection: 'checks', id: 'web', op: 'del' })).toMatchObject({
    ok: false,
    code: 'unsupported',
  });
  expect(
    await mutate(desk, { collection: 'checks', id: 'web', op: 'patch', fields: { intervalMs: 1_000 } }),
  ).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await mutate(desk, { collection: 'gremlins', op: 'del' })).toMatchObject({
    ok: false,
    code: 'unknown_collection',
  });
  await desk.close();
});

test('[CO7] each operation asks for its scope; another organization sees nothing', async () => {
  const desk = await openDesk();
  await create(desk);
  for (const op of ['create', 'patch', 'del'] as const) {
    expect(await mutate(desk, { op, fields: WEB }, reporter)).toMatchObject({ ok: false, code: 'forbidden' });
  }
  expect(await call(desk, 'pause', {}, reporter)).toMatchObject({ ok: false, code: 'forbidden' });
  const stranger = caller(['admin'], { org: 'other' });
  expect(await mutate(desk, { op: 'del' }, stranger)).toMatchObject({ ok: false, code: 'not_found' });
  expect(desk.row('services', 'web')).not.toBeNull();
  await desk.close();
});

test('[CO14] a repeat with the same key is answered and not repeated, also after a restart', async () => {
  const desk = await openDesk();
  const mutation = { op: 'create', id: '', key: 'tab1.7', fields: WEB } as const;
  const first = await mutate(desk, mutation);
  const again = await mutate(desk, mutation);
  expect(first).toMatchObject({ ok: true, value: { value: { id: 'web' } } });
  expect(again).toEqual(first);
  expect(desk.committed).toHaveLength(1);
  expect(await mutate(desk, { op: 'del', key: 'tab1.7' })).toMatchObject({ ok: false, code: 'bad_request' });
  const other = { ...mutation, fields: { ...WEB, name: 'Other' } };
  expect(await mutate(desk, other)).toMatchObject({ ok: false, code: 'bad_request' });
  await desk.close();
  const later = await openDesk({ store: desk.store, clock: desk.clock });
  expect(await mutate(later, mutation)).toEqual(first);
  expect(later.committed).toEqual([]);
  await later.close();
});

test('[CO14] a refused write may be repeated with its key, and keeps the details of its refusal', async () => {
  const desk = await openDesk();
  await create(desk);
  await mutate(desk, { op: 'patch', fields: { name: 'Ours' } });
  const patch = { op: 'patch', key: 'tab1.8', fields: { name: 'Theirs' } } as const;
  expect(await mutate(desk, { ...patch, base: 1 })).toMatchObject({
    ok: false,
    code: 'conflict',
    current: { name: 'Ours' },
  });
  expect(await mutate(desk, patch)).toMatchObject({ ok: true });
  expect(desk.row('services', 'web')?.['name']).toBe('Theirs');
  await desk.close();
});

test('[CO15] put is a report: it makes the record when there is none, and needs the report scope only', async () => {
  const desk = await openDesk();
  const put = (fields: JsonObject, who = reporter) =>
    mutate(desk, { collection: 'agents', id: 'a7', op: 'put', fields }, who);
  expect(await put({ phase: 'running' })).toMatchObject({ ok: true, value: { value: { id: 'a7' } } });
  expect(desk.row('agents', 'a7')).toMatchObject({ status: 'up', phase: 'running' });
  expect(await put({ phase: 'idle' }, caller(['read']))).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await put({ collection: 'jobs', phase: 'idle' })).toMatchObject({ ok: true });
  expect(desk.row('jobs', 'a7')).toBeNull();
  await desk.close();
});

test('[CO15] runs are made and moved by create and patch as by reports', async () => {
  const desk = await openDesk();
  const job = (op: 'create' | 'patch', fields: JsonObject) =>
    mutate(desk, { collection: 'jobs', id: 'j1', op, fields }, reporter);
  expect(await job('create', { title: 'Scan', total: 10 })).toMatchObject({ ok: true });
  expect(await job('create', { title: 'Scan' })).toMatchObject({ ok: false, code: 'exists' });
  const base = desk.row('jobs', 'j1')?.version ?? 0;
  await job('patch', { done: 4, message: 'a' });
  expect(
    await mutate(desk, { collection: 'jobs', id: 'j1', op: 'patch', fields: { message: 'b' }, base }, reporter),
  ).toMatchObject({ ok: false, code: 'conflict' });
  expect(
    await mutate(desk, { collection: 'jobs', id: 'j1', op: 'patch', fields: { unit: 'files' }, base }, reporter),
  ).toMatchObject({ ok: true });
  await job('patch', { state: 'succeeded' });
  expect(desk.row('jobs', 'j1')).toMatchObject({ state: 'succeeded', progress: { done: 4, unit: 'files' } });
  expect(await job('patch', { done: 5 })).toMatchObject({ ok: false, code: 'gone' });
  await desk.close();
});

test('[CO15] agents and connections are made, changed and deleted', async () => {
  const desk = await openDesk();
  const on = (collection: string, id: string, op: Mutation['op'], fields: JsonObject = {}, name?: string) =>
    mutate(desk, { collection, id, op, fields, name });
  await on('agents', 'a7', 'create', { name: 'Seven', platform: 'node' });
  expect(desk.row('agents', 'a7')).toMatchObject({ status: 'pending', phase: 'offline', platform: 'node' });
  await on('agents', 'a7', 'patch', { name: 'Agent 7', labels: { team: 'x' }, desired: 'paused' });
  expect(desk.row('agents', 'a7')).toMatchObject({ name: 'Agent 7', labels: { team: 'x' }, status: 'paused' });
  expect(await on('connections', '', 'create', { agent: 'a7', service: 'web' })).toMatchObject({
    value: { value: { id: 'a7:web' } },
  });
  await on('connections', 'a7:web', 'call', { status: 'degraded' }, 'override');
  expect(desk.row('connections', 'a7:web')?.['status']).toBe('degraded');
  expect(await on('agents', 'a7', 'del')).toMatchObject({ ok: true });
  expect(desk.row('agents', 'a7')).toBeNull();
  await desk.close();
});

test('[CO16] services of the file follow the file, and nobody else changes them', async () => {
  const desk = await openDesk();
  await create(desk);
  const sync = (ids: readonly string[], name = 'From file') =>
    desk.commands.sync(
      'main',
      ids.map((id) => ({ id, name, kind: 'http', target: 'https://example.com/' })),
      'file',
    );
  expect(await sync(['web', 'docs', 'mail'])).toMatchObject({
    ok: true,
    value: {
      value: [
        { id: 'web', ok: false },
        { id: 'docs', ok: true },
        { id: 'mail', ok: true },
      ],
    },
  });
  expect(desk.row('services', 'web')).toMatchObject({ managedBy: 'api', name: 'Web' });
  expect(desk.row('services', 'docs')).toMatchObject({ managedBy: 'file' });
  for (const op of ['patch', 'del'] as const) {
    expect(await mutate(desk, { id: 'docs', op, fields: { name: 'x' } })).toMatchObject({
      ok: false,
      code: 'forbidden',
    });
  }
  expect(await mutate(desk, { id: 'docs', op: 'call', name: 'pause' })).toMatchObject({ ok: true });
  await sync(['docs'], 'Renamed');
  expect(desk.row('services', 'docs')).toMatchObject({ name: 'Renamed', status: 'paused' });
  expect(desk.row('services', 'mail')).toBeNull();
  expect(desk.row('services', 'web')).not.toBeNull();
  const version = desk.keep.commit.version('main');
  await sync(['docs'], 'Renamed');
  expect(desk.keep.commit.version('main')).toBe(version);
  await desk.close();
});
