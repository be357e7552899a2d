import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { CHANNEL_SECRETS } from '../../../send/outbox.ts';
import { reseal } from '../../../send/reseal.ts';
import { caller, openDesk, type Desk } from '../../../testing/desk.ts';
import { testVault } from '../../../testing/test-vault.ts';

const admin = caller(['admin']);
const create = (desk: Desk, fields: JsonObject) =>
  desk.commands.mutate(admin, { collection: 'channels', id: '', op: 'create', fields });
const patch = (desk: Desk, fields: JsonObject) =>
  desk.commands.mutate(admin, { collection: 'channels', id: 'hook', op: 'patch', fields });

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const hook = {
  name: 'Hook',
  kind: 'webhook',
  settings: { url: 'https://example.org/hook' },
  secrets: { secret: SECRET },
};

async function secretOf(desk: Desk, name: string): Promise<unknown> {
  const id = `hook/${name}`;
  const opened = testVault().open(
    { org: 'main', kind: CHANNEL_SECRETS, id },
    await desk.store.document(CHANNEL_SECRETS, 'main', id),
  );
  return opened.ok ? opened.value : opened.code;
}

test('[SN10] a channel holds the names of its secrets; the values lie sealed elsewhere and come out nowhere', async () => {
  const desk = await openDesk();
  expect(await create(desk, hook)).toMatchObject({ ok: true, value: { value: { id: 'hook' } } });
  expect(desk.row('channels', 'hook')).toMatchObject({
    secrets: ['secret'],
    settings: { url: 'https://example.org/hook', headers: {} },
  });
  expect(await secretOf(desk, 'secret')).toBe(SECRET);
  const everything = JSON.stringify([
    desk.committed,
    await desk.store.documents(CHANNEL_SECRETS, null),
    await desk.store.documents('mutation', null),
  ]);
  expect(everything).not.toContain(SECRET.slice(6, 30));
  await desk.close();
});

test('[SN10] a change names what it changes: one secret, one setting; null takes a secret away', async () => {
  const desk = await openDesk();
  await create(desk, hook);
  expect(
    await patch(desk, {
      secrets: { authorization: 'Bearer x' },
      settings: { headers: { 'x-team': 'shop' } },
      rate: { burst: 3 },
    }),
  ).toMatchObject({ ok: true });
  expect(desk.row('channels', 'hook')).toMatchObject({
    secrets: ['authorization', 'secret'],
    settings: { url: 'https://example.org/hook', headers: { 'x-team': 'shop' } },
    rate: { perMinute: 30, burst: 3 },
  });
  expect(await secretOf(desk, 'secret')).toBe(SECRET);
  expect(await secretOf(desk, 'authorization')).toBe('Bearer x');
  expect(await patch(desk, { secrets: { authorization: null } })).toMatchObject({ ok: true });
  expect(desk.row('channels', 'hook')).toMatchObject({ secrets: ['secret'] });
  expect(await secretOf(desk, 'authorization')).toBe('corrupt');
  expect(await patch(desk, { secrets: { secret: null } })).toMatchObject({ ok: false, code: 'bad_field' });
  await desk.commands.mutate(admin, { collection: 'channels', id: 'hook', op: 'del' });
  expect(await desk.store.documents(CHANNEL_SECRETS, null)).toEqual([]);
  await desk.close();
});

test.each<[string, JsonObject, string]>([
  ['an unknown kind', { ...hook, kind: 'pigeon' }, 'kind'],
  [
    'a setting of another kind',
    { ...hook, settings: { url: 'https://e.org/', chatId: '1' } },
    'settings.chatId: unknown field',
  ],
  ['a URL with a password', { ...hook, settings: { url: 'https://a:b@e.org/' } }, 'settings.url'],
  [
    'a header that is ours',
    { ...hook, settings: { url: 'https://e.org/', headers: { Host: 'x' } } },
    'settings.headers',
  ],
  ['no signing key', { ...hook, secrets: {} }, 'secrets.secret: found nothing'],
  ['a signing key that is none', { ...hook, secrets: { secret: 'hunter2' } }, 'secrets.secret: expected whsec_'],
  ['a secret nobody knows', { ...hook, secrets: { secret: SECRET, passwort: 'x' } }, 'expected secret, authorization'],
  ['a rate of nothing', { ...hook, rate: { perMinute: 0 } }, 'rate.perMinute'],
  [
    'a mail without a sender',
    { name: 'M', kind: 'email', settings: { host: 'h', from: 'nobody' }, secrets: {} },
    'settings.from',
  ],
  ['a field of the server', { ...hook, failures: 3 }, 'failures: unknown field'],
])('[SN20] %s is refused, and the words say where; nothing is stored', async (_, fields, words) => {
  const desk = await openDesk();
  const made = await create(desk, fields);
  expect(made).toMatchObject({ ok: false, code: 'bad_field' });
  expect(JSON.stringify(made)).toContain(words);
  expect(JSON.stringify(made)).not.toContain('hunter2');
  expect(desk.row('channels', 'hook')).toBeNull();
  expect(await desk.store.documents(CHANNEL_SECRETS, null)).toEqual([]);
  await desk.close();
});

test('[SN20] a change that does not fit the kind changes nothing', async () => {
  const desk = await openDesk();
  await create(desk, hook);
  const before = desk.row('channels', 'hook');
  expect(await patch(desk, { settings: { url: 'ftp://x' } })).toMatchObject({
    ok: false,
    message: expect.stringContaining('settings.url'),
  });
  expect(await patch(desk, { kind: 'slack' })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(desk.row('channels', 'hook')).toEqual(before);
  await desk.close();
});

test('[SN19] a push channel is born with a VAPID pair of its own: the public half to read, the private half sealed', async () => {
  const desk = await openDesk();
  await create(desk, { name: 'Hook', kind: 'webpush', settings: { subject: 'mailto:ops@example.org' } });
  expect(desk.row('channels', 'hook')).toMatchObject({
    settings: { publicKey: expect.stringMatching(/^B[\w-]{86}$/) },
  });
  expect(await secretOf(desk, 'privateKey')).toMatch(/^[\w-]{43}$/);
  await desk.close();
});

test('[SN10] only administrators read and write channels, and nobody writes deliveries', async () => {
  const desk = await openDesk();
  for (const scopes of [['read'], ['report']] as const) {
    const made = await desk.commands.mutate(caller(scopes), {
      collection: 'channels',
      id: '',
      op: 'create',
      fields: hook,
    });
    expect(made).toMatchObject({ ok: false, code: 'forbidden' });
    expect(desk.deps.authorize(caller(scopes), 'read', 'channels')).toMatchObject({ ok: false, code: 'forbidden' });
    expect(desk.deps.authorize(caller(scopes), 'read', 'deliveries')).toMatchObject({ ok: false, code: 'forbidden' });
  }
  const row = await desk.commands.mutate(admin, { collection: 'deliveries', id: '', op: 'create', fields: {} });
  expect(row.ok).toBe(false);
  await desk.close();
});

test('[SN11] at start everything is sealed again with the newest key, and the old one is needed no more', async () => {
  const desk = await openDesk();
  await create(desk, hook);
  const { Vault } = await import('../../../lib/vault.ts');
  const old = 'a key for tests, long enough to be one';
  const next = 'the next key, also long enough to be one';
  const both = Vault.open({ dir: '', keys: [next, old] });
  const deps = { store: desk.store, commit: desk.keep.commit, vault: both };
  expect(await reseal(deps, [CHANNEL_SECRETS])).toBe(1);
  expect(await reseal(deps, [CHANNEL_SECRETS])).toBe(0);
  expect(await secretOf(desk, 'secret')).toBe('secret_key');
  const id = 'hook/secret';
  const sealed = await desk.store.document(CHANNEL_SECRETS, 'main', id);
  expect(testVault(next).open({ org: 'main', kind: CHANNEL_SECRETS, id }, sealed)).toEqual({ ok: true, value: SECRET });
  await desk.close();
});
