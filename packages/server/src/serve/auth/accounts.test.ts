import { collections } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { Grants } from '../../collect/commands/grants.ts';
import { Members } from '../../joints/members.ts';
import { MemoryStore } from '../../keep/memory-store.ts';
import { openKeep } from '../../keep/open.ts';
import { limits } from '../../lib/limits.ts';
import { silentLog } from '../../lib/log.ts';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import type { Principal } from '../../lib/principal.ts';
import { testVault } from '../../testing/test-vault.ts';
import { Accounts, type SignedIn } from './accounts.ts';
import { hasSessionCookie } from './cookie.ts';

const grants = new Grants(Object.values(collections));
const password = 'correct horse battery';
/** The records beside the accounts, by directory: a restart of the accounts finds them. */
const books = new Map<string, Awaited<ReturnType<typeof openBook>>>();

async function openBook() {
  let follow: Members | null = null;
  const keep = await openKeep({
    clock: systemClock,
    store: new MemoryStore(),
    limits,
    log: silentLog,
    onCommitted: (committed) => follow?.follow(committed),
  });
  const { live, commit } = keep;
  const members = new Members({
    isOver: () => false,
    limits,
    live,
    commit,
    grants,
    clock: systemClock,
    exists: (org) => Array.from(live.orgs()).includes(org),
    present: () => [],
    onChanged: () => undefined,
    onGone: () => undefined,
    onWithdrawn: () => undefined,
  });
  follow = members;
  return { keep, members };
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).toReversed()) clean();
});

async function setup(dir: string = mkdtempSync(join(tmpdir(), 'accounts-')), publicUrl = 'http://localhost:4800') {
  let shift = 0;
  const revoked = vi.fn<(id: string, session?: string) => void>();
  const { keep, members } = books.get(dir) ?? (await openBook());
  books.set(dir, { keep, members });
  const accounts = await Accounts.open({
    clock: { ...systemClock, now: () => systemClock.now() + shift },
    dir,
    publicUrl,
    onRevoked: revoked,
    vault: testVault(),
    requiresSecondFactor: () => false,
    members,
  });
  cleanups.push(
    () => rmSync(dir, { recursive: true, force: true }),
    () => accounts.close(),
  );
  const first = async (): Promise<SignedIn> =>
    must(await accounts.redeem(accounts.welcome() ?? '', { email: 'ann@example.com', name: 'Ann', password }));
  return { keep, members, accounts, dir, revoked, first, skip: (ms: number) => (shift += ms) };
}

function must<T>(result: { ok: true; value: T } | { ok: false; code: string; message: string }): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

/** The session of somebody without a second factor. */
function entered(result: Awaited<ReturnType<Accounts['signIn']>>): SignedIn {
  const value = must(result);
  if ('secondStep' in value) throw new Error('asked for a code');
  return value;
}

function cookieOf(cookies: readonly string[]): string {
  return cookies.map((line) => line.split(';', 1)[0]).join('; ');
}

test('the first-run link makes the first admin, once', async () => {
  const { accounts } = await setup();
  const token = accounts.welcome() ?? '';
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/u);
  const made = must(await accounts.redeem(token, { email: 'Ann@Example.com', name: 'Ann', password }));
  expect(made.user).toMatchObject({ email: 'ann@example.com', org: 'main', role: 'owner' });
  expect(made.principal).toMatchObject({ kind: 'user', org: 'main', scopes: ['admin'], isOperator: true });
  expect(await accounts.redeem(token, { email: 'bo@example.com', name: 'Bo', password })).toMatchObject({
    ok: false,
    code: 'gone',
  });
  expect(accounts.welcome()).toBeNull();
});

test('of twenty requests with one link exactly one gets the account', async () => {
  const { accounts } = await setup();
  const token = accounts.welcome() ?? '';
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, i) => accounts.redeem(token, { email: `p${i}@example.com`, name: 'P', password })),
  );
  expect(results.filter((result) => result.ok)).toHaveLength(1);
  expect(accounts.users('main')).toHaveLength(1);
}, 60_000);

test('a new start ends the link of the one before; a link ends after a day', async () => {
  const { accounts, skip } = await setup();
  const old = accounts.welcome() ?? '';
  const now = accounts.welcome() ?? '';
  expect(accounts.link(old)).toBeNull();
  expect(accounts.link(now)).toMatchObject({ kind: 'welcome', role: 'admin' });
  skip(86_400_001);
  expect(accounts.link(now)).toBeNull();
  expect(await accounts.redeem(now, { email: 'ann@example.com', name: 'Ann', password })).toMatchObject({
    ok: false,
    code: 'gone',
  });
});

test('neither tokens nor passwords are in the database, and nobody else may read the files', async () => {
  const { accounts, dir, first } = await setup();
  const token = accounts.welcome() ?? '';
  await first();
  const invite = must(accounts.invite(admin, { email: 'bo@example.com', role: 'viewer' }));
  const bytes = ['accounts.db', 'accounts.db-wal'].map((name) => readFileSync(join(dir, name), 'latin1')).join('');
  expect(bytes).toContain('bo@example.com');
  for (const secret of [token, invite.token, password]) expect(bytes).not.toContain(secret);
  for (const name of ['accounts.db', 'accounts.secret']) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
});

test('signing in sets an HttpOnly, SameSite=Lax cookie, Secure behind https', async () => {
  const plain = await setup();
  await plain.first();
  const signedIn = entered(await plain.accounts.signIn({ email: 'ANN@example.com', password }));
  expect(signedIn.cookies.join()).toMatch(/^statewire\.session_token=[^;]+;.*HttpOnly; SameSite=Lax$/u);
  expect(signedIn.cookies.join()).not.toContain('Secure');
  expect(hasSessionCookie(cookieOf(signedIn.cookies))).toBe(true);
  const https = await setup(undefined, 'https://status.example.com');
  expect((await https.first()).cookies.join()).toMatch(/^__Secure-statewire\.session_token=.*; Secure/u);
});

test('an unknown address and a wrong password get the same answer', async () => {
  const { accounts, first } = await setup();
  await first();
  const wrong = await accounts.signIn({ email: 'ann@example.com', password: 'wrong' });
  expect(wrong).toMatchObject({ ok: false, code: 'auth_invalid' });
  for (const email of ['nobody@example.com', '', 'not an address', `${'x'.repeat(300)}@example.com`, "' OR 1=1 --"]) {
    expect(await accounts.signIn({ email, password })).toEqual(wrong);
  }
});

test('a cookie is a session; a changed, foreign or made-up one is nobody', async () => {
  const { accounts, first } = await setup();
  const cookie = cookieOf((await first()).cookies);
  expect(await accounts.session(cookie)).toMatchObject({ user: { email: 'ann@example.com' } });
  for (const wrong of [
    '',
    'statewire.session_token=',
    cookie.slice(0, -4),
    cookie.replace(/\..*$/u, ''),
    cookie.replace('=', '=x'),
    'statewire.session_token=a.b',
    'other=1',
  ]) {
    expect(await accounts.session(wrong)).toBeNull();
  }
  const other = await setup();
  await other.first();
  expect(await other.accounts.session(cookie)).toBeNull();
});

test('sessions survive a restart and end after a week', async () => {
  const { accounts, dir, first } = await setup();
  const cookie = cookieOf((await first()).cookies);
  accounts.close();
  cleanups.pop();
  const again = await setup(dir);
  expect(await again.accounts.session(cookie)).toMatchObject({ user: { role: 'owner' } });
  again.skip(8 * 86_400_000);
  expect(await again.accounts.session(cookie)).toBeNull();
});

test('a session that is over in the database is nobody', async () => {
  const { accounts, dir, first } = await setup();
  const cookie = cookieOf((await first()).cookies);
  const db = new DatabaseSync(join(dir, 'accounts.db'), { timeout: 5_000 });
  db.exec("UPDATE session SET expiresAt = '2020-01-01T00:00:00.000Z'");
  db.close();
  expect(await accounts.session(cookie)).toBeNull();
});

test('signing out ends the session on the server and tells its connections', async () => {
  const { accounts, first, revoked } = await setup();
  const signedIn = await first();
  const cookie = cookieOf(signedIn.cookies);
  const cleared = await accounts.signOut(cookie);
  expect(cleared.join()).toMatch(/statewire\.session_token=;.*Max-Age=0/u);
  expect(await accounts.session(cookie)).toBeNull();
  expect(revoked).toHaveBeenCalledWith(signedIn.principal.id, signedIn.principal.session);
});

test('a new password ends every other session, keeps this one, and tells connections', async () => {
  const { accounts, first, revoked } = await setup();
  const ann = await first();
  const here = cookieOf(ann.cookies);
  const other = entered(await accounts.signIn({ email: 'ann@example.com', password }));
  const elsewhere = cookieOf(other.cookies);
  const session = ann.principal.session ?? null;
  const change = (current: string) =>
    accounts.changePassword(ann.user.id, { current, next: 'another horse battery', session });
  expect(await change('not it at all')).toMatchObject({ ok: false, code: 'forbidden' });
  expect(revoked).not.toHaveBeenCalled();
  must(await change(password));
  expect(await accounts.session(elsewhere)).toBeNull();
  expect(await accounts.session(here)).not.toBeNull();
  expect(revoked.mock.calls).toEqual([[ann.user.id, other.principal.session]]);
  expect(await accounts.signIn({ email: 'ann@example.com', password })).toMatchObject({ ok: false });
  expect(await accounts.signIn({ email: 'ann@example.com', password: 'another horse battery' })).toMatchObject({
    ok: true,
  });
});

const admin: Principal = {
  kind: 'user',
  id: 'user:a',
  name: 'Ann',
  org: 'main',
  scopes: ['admin'],
  permissions: ['*:*'],
  isOperator: true,
  expiresAt: null,
};

test('an invitation makes one account of its own address, role and organization, whatever the invited asks for', async () => {
  const { accounts, first } = await setup();
  await first();
  const { token } = must(accounts.invite({ ...admin, org: 'o7' }, { email: 'bo@example.com', role: 'operator' }));
  const bo = must(await accounts.redeem(token, { email: 'ann@example.com', name: 'Bo', password }));
  expect(bo.principal).toMatchObject({ org: 'o7', scopes: ['read', 'report'], isOperator: false });
  expect(bo.user.email).toBe('bo@example.com');
  expect(await accounts.redeem(token, { email: 'x@example.com', name: 'X', password })).toMatchObject({
    ok: false,
    code: 'gone',
  });
});

test('an admin of another organization is not an operator of the instance', async () => {
  const { accounts, first } = await setup();
  await first();
  const { token } = must(accounts.invite({ ...admin, org: 'o7' }, { email: 'bo@example.com', role: 'admin' }));
  expect(must(await accounts.redeem(token, { email: '', name: 'Bo', password })).principal).toMatchObject({
    scopes: ['admin'],
    isOperator: false,
  });
});

test('the address of a member cannot be invited; a second invitation replaces the first; one can be taken back', async () => {
  const { accounts, first } = await setup();
  await first();
  expect(accounts.invite(admin, { email: 'ANN@example.com', role: 'viewer' })).toMatchObject({
    ok: false,
    code: 'exists',
  });
  const one = must(accounts.invite(admin, { email: 'bo@example.com', role: 'viewer' }));
  const two = must(accounts.invite(admin, { email: 'bo@example.com', role: 'admin' }));
  expect(accounts.link(one.token)).toBeNull();
  expect(accounts.invites('main')).toMatchObject([{ email: 'bo@example.com', role: 'admin' }]);
  expect(accounts.invites('o7')).toEqual([]);
  expect(accounts.withdraw('o7', 'bo@example.com')).toBe(false);
  expect(accounts.withdraw('main', 'bo@example.com')).toBe(true);
  expect(accounts.link(two.token)).toBeNull();
});

test('[PM4] what an account may do is what its record says now: a role, a suspension, an organization it is gone from', async () => {
  const { accounts, first, keep } = await setup();
  await first();
  const { token } = must(accounts.invite(admin, { email: 'bo@example.com', role: 'viewer' }));
  const bo = must(await accounts.redeem(token, { email: '', name: 'Bo', password }));
  const cookie = cookieOf(bo.cookies);
  const move = async (fields: JsonObject): Promise<void> => {
    await keep.commit.write('main', 'test', (draft) => {
      draft.put('members', bo.user.id, { ...draft.get('members', bo.user.id), ...fields });
      return ok(null);
    });
  };
  expect(bo.principal.permissions).toEqual(grants.ofRole('viewer'));
  await move({ role: 'operator' });
  expect((await accounts.session(cookie))?.principal.permissions).toEqual(grants.ofRole('operator'));
  await move({ state: 'suspended' });
  expect(await accounts.session(cookie)).toBeNull();
  await move({ state: 'active' });
  expect((await accounts.session(cookie))?.user.role).toBe('operator');
});

test('[PM3] an account that is no member yet joins at the start, once; one that belongs nowhere any more goes', async () => {
  const { accounts, first, keep, dir } = await setup();
  const ann = await first();
  // As a kill between the account and the record leaves it, and as a release without members did.
  await keep.commit.write('main', 'test', (draft) => {
    draft.delete('members', ann.user.id);
    return ok(null);
  });
  const db = new DatabaseSync(join(dir, 'accounts.db'));
  db.exec('DELETE FROM joined');
  db.close();
  await accounts.settle();
  expect(keep.live.get('main', 'members', ann.user.id)?.row).toMatchObject({ role: 'owner', state: 'active' });
  const version = keep.commit.version('main');
  await accounts.settle();
  expect(keep.commit.version('main')).toBe(version);
  await keep.commit.write('main', 'test', (draft) => {
    draft.delete('members', ann.user.id);
    return ok(null);
  });
  await accounts.settle();
  expect(accounts.isEmpty).toBe(true);
});

test('[PM3] a session goes into another organization of its account, and into none that is not', async () => {
  const { accounts, first, members } = await setup();
  await first();
  const { token } = must(accounts.invite({ ...admin, org: 'o7' }, { email: 'bo@example.com', role: 'viewer' }));
  const bo = must(await accounts.redeem(token, { email: '', name: 'Bo', password }));
  const cookie = cookieOf(bo.cookies);
  expect(await accounts.choose(cookie, 'o8')).toMatchObject({ ok: false, code: 'not_found' });
  expect(await accounts.choose(cookie, 'main')).toMatchObject({ ok: false, code: 'not_found' });
  await members.join({ ...bo.user, org: 'o8', role: 'operator' });
  expect(await accounts.choose(cookie, 'o8')).toMatchObject({
    ok: true,
    value: { user: { org: 'o8', role: 'operator' } },
  });
  expect((await accounts.session(cookie))?.principal).toMatchObject({ org: 'o8', isOperator: false });
});

test('no telemetry and no call leaves the process', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch');
  const { first } = await setup();
  await first();
  expect(fetched).not.toHaveBeenCalled();
  fetched.mockRestore();
});
