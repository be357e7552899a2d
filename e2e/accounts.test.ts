import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { MailServer, type Mail } from '../packages/server/src/testing/peers/receivers/mail-server.ts';
import { codeAt, stepAt } from '../packages/server/src/serve/auth/totp.ts';
import { launchBrowser } from './harness/browser.ts';
import { listen, looks, openWindow, seriousViolations, settled, shot, type Theme } from './harness/look.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { TestServer } from './harness/server.ts';
import { joinAs, signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

let browser: Browser;
let server: TestServer;
let mail: MailServer;
let provider: ChildProcess;
const troubles: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  mail = await MailServer.open({ tls: 'none' });
  const [port, issuerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const issuer = `http://127.0.0.1:${issuerPort}`;
  const config = {
    auth: {
      oidc: [
        {
          id: 'sso',
          name: 'Example',
          issuer,
          clientId: 'statewire',
          clientSecret: { env: 'OIDC_SECRET' },
          newcomers: 'viewer',
        },
      ],
    },
    mail: { url: `smtp://127.0.0.1:${mail.port}?tls=none`, from: 'Statewire <status@example.org>' },
  };
  provider = spawn(process.execPath, ['e2e/peers/oidc-provider.mjs', String(issuerPort), `${url}/v1/oidc/callback`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'development' },
  });
  let said = '';
  for (const stream of [provider.stdout, provider.stderr])
    stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  server = await TestServer.with(
    config,
    {
      STATEWIRE_PORT: String(port),
      STATEWIRE_PUBLIC_URL: url,
      OIDC_SECRET: 'a-secret-of-the-client',
    },
    [],
    port,
  );
  await until('the provider to listen', () => {
    if (provider.exitCode !== null) throw new Error(`the provider ended:\n${said}`);
    return said.includes('listening');
  });
}, 120_000);

afterAll(async () => {
  await browser.close();
  await server.close();
  await mail.close();
  provider.kill();
}, 60_000);

async function open(theme: Theme = 'light', width = 1440): Promise<{ context: BrowserContext; page: Page }> {
  const context = await openWindow(browser, theme, width);
  // The provider's own pages want fonts from elsewhere; nothing here talks to anybody else.
  await context.route(/^https?:\/\/(?!127\.0\.0\.1)/u, (route) => route.abort());
  const page = await context.newPage();
  listen(page, troubles);
  return { context, page };
}

async function asAdmin(theme: Theme = 'light', width = 1440): Promise<{ context: BrowserContext; page: Page }> {
  const opened = await open(theme, width);
  await signIn(opened.context, server);
  return opened;
}

/** What the app on the phone shows, for a secret as it is shown on the page. */
function codeFor(secret: string, steps = 0): string {
  const bits = Array.from(secret.replaceAll(' ', ''), (c) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'),
  ).join('');
  const bytes = (bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2));
  return codeAt(Buffer.from(bytes), stepAt(Date.now()) + steps);
}

async function mailTo(address: string, subject: string): Promise<Mail> {
  let found: Mail | undefined;
  await until(`a mail to ${address}`, () => {
    found = mail.mails.find(({ to, raw }) => to.includes(address) && raw.includes(subject));
    return found !== undefined;
  });
  if (found === undefined) throw new Error('no mail');
  return found;
}

function linkIn({ raw }: Mail): string {
  const link = /http:\/\/127\.0\.0\.1:\d+\/#\/[a-z]+\/[\w-]{43}/u.exec(
    raw.replaceAll('=\r\n', '').replaceAll('=3D', '='),
  )?.[0];
  if (link === undefined) throw new Error(`no link in ${raw}`);
  return link;
}

const password = 'a long enough password';

async function fillSignIn(page: Page, email: string, word: string): Promise<void> {
  await page.goto(server.url);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(word);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('invited, joined, second factor on, out, in by two steps, sessions seen and ended', async () => {
  const admin = await asAdmin();
  await admin.page.goto(`${server.url}/settings/members`);
  await admin.page.getByRole('button', { name: 'Invite' }).click();
  await admin.page.getByLabel('E-mail').fill('grace@example.org');
  await admin.page.getByRole('button', { name: 'Make the link' }).click();
  await admin.page.getByRole('heading', { name: 'On its way by mail' }).waitFor();
  await admin.page.getByRole('button', { name: 'Done' }).click();
  await admin.page.getByRole('list', { name: 'Invited' }).getByText('grace@example.org').waitFor();
  await admin.context.close();

  const { context, page } = await open();
  await page.goto(linkIn(await mailTo('grace@example.org', 'invites you')));
  await page.getByLabel('Your name').fill('Grace');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('Connection: Live').waitFor({ state: 'attached' });

  await page.goto(`${server.url}/settings/account`);
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByRole('dialog').getByLabel('Your password').fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('img', { name: 'QR code of your second factor' }).waitFor();
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'second-factor-scan');
  const secret = (await page.getByRole('dialog').locator('code').first().textContent()) ?? '';
  await page.getByLabel('Code', { exact: true }).fill('000000');
  await page.getByRole('button', { name: 'Turn it on' }).click();
  await page.getByText('The code is not right').waitFor();
  await page.getByLabel('Code', { exact: true }).fill(codeFor(secret));
  await page.getByRole('button', { name: 'Turn it on' }).click();
  await page.getByRole('list', { name: 'Backup codes' }).waitFor();
  const codes = await page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem').allTextContents();
  expect(codes).toHaveLength(10);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('10 backup codes left').waitFor();

  await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
  await fillSignIn(page, 'grace@example.org', password);
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'second-step');
  // The code of the set-up is used up: the one of the next step counts already.
  await page.getByLabel('Code', { exact: true }).fill(codeFor(secret, 1));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Connection: Live').waitFor({ state: 'attached' });

  // The phone, by a backup code; then it is thrown out from here.
  const phone = await open('dark', 390);
  await fillSignIn(phone.page, 'grace@example.org', password);
  await phone.page.getByLabel('Code', { exact: true }).fill(codes[0] ?? '');
  await phone.page.getByRole('button', { name: 'Sign in' }).click();
  await phone.page.getByText('Connection: Live').waitFor({ state: 'attached' });
  await page.goto(`${server.url}/settings/account`);
  await page.getByText('9 backup codes left').waitFor();
  await page.getByText('(this one)').waitFor();
  await page
    .getByRole('button', { name: /^End the session of/u })
    .first()
    .click();
  await phone.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByText('Connection: Live').waitFor({ state: 'attached' });
  expect(await page.getByRole('button', { name: /^End the session of/u }).count()).toBe(0);
  await phone.context.close();
  await context.close();
}, 120_000);

test('a provider signs people in: a newcomer, then the same one; who is not verified is told so', async () => {
  const { context, page } = await open();
  await page.goto(`${server.url}/services`);
  await page.getByRole('link', { name: 'Continue with Example' }).click();
  await page.locator('input[name=login]').fill('nora');
  await page.locator('input[name=password]').fill('anything');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Connection: Live').waitFor({ state: 'attached' });
  expect(new URL(page.url()).pathname).toBe('/services');
  await page.goto(`${server.url}/settings/account`);
  await page.getByText('nora@example.org').first().waitFor();
  await page.getByText('by provider').waitFor();
  await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Continue with Example' }).click();
  await page.getByText('Connection: Live').waitFor({ state: 'attached' });
  await context.close();

  const other = await open();
  await other.page.goto(server.url);
  await other.page.getByRole('link', { name: 'Continue with Example' }).click();
  await other.page.locator('input[name=login]').fill('unverified-ada');
  await other.page.locator('input[name=password]').fill('anything');
  await other.page.getByRole('button', { name: 'Sign-in' }).click();
  await other.page.getByRole('button', { name: 'Continue' }).click();
  await other.page.getByText('does not vouch for your address').waitFor();
  expect(await seriousViolations(other.page)).toEqual([]);
  await shot(other.page, 'sign-in-refused');
  await other.context.close();
}, 120_000);

test('a forgotten password: a mail, a new one, and every session is over', async () => {
  const admin = await asAdmin();
  const invite = await server.api('POST', '/v1/invites', { email: 'hedy@example.org', role: 'viewer' });
  const joined = await open();
  await joined.page.goto(`${server.url}${invite.body.path}`);
  await joined.page.getByLabel('Your name').fill('Hedy');
  await joined.page.getByLabel('Password').fill(password);
  await joined.page.getByRole('button', { name: 'Join' }).click();
  await joined.page.getByText('Connection: Live').waitFor({ state: 'attached' });

  const { context, page } = await open('light', 390);
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByLabel('E-mail').fill('hedy@example.org');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  const link = linkIn(await mailTo('hedy@example.org', 'A new password'));
  await page.goto(link);
  await page.getByLabel('New password').fill('quite another password');
  expect(await seriousViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByRole('heading', { name: 'Your new password holds' }).waitFor();
  await joined.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await fillSignIn(page, 'hedy@example.org', password);
  await page.getByText('The address or the password is not right').waitFor();
  await fillSignIn(page, 'hedy@example.org', 'quite another password');
  await page.getByText('Connection: Live').waitFor({ state: 'attached' });
  const late = await open();
  await late.page.goto(link);
  await late.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  for (const each of [context, joined.context, admin.context, late.context]) await each.close();
}, 120_000);

test('the settings of people are clean for axe, complete by keyboard, and look right in every window', async () => {
  // What the tests before did on purpose is no trouble.
  troubles.length = 0;
  for (const [theme, width] of looks) {
    const { context, page } = await asAdmin(theme, width);
    for (const place of ['account', 'organization', 'members', 'roles', 'keys']) {
      await page.goto(`${server.url}/settings/${place}`);
      await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
      await settled(page);
      expect(await seriousViolations(page), `${place} ${theme} ${width}`).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${place} ${width}`).toBe(
        true,
      );
      await shot(page, `settings-${place}-${theme}-${width}`);
    }
    await context.close();
  }
  const { context, page } = await asAdmin();
  await page.goto(`${server.url}/settings/members`);
  await page.getByRole('button', { name: 'More for Ada' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Link for a new password' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Make the link' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Hand this link over' }).waitFor();
  await page.keyboard.press('Escape');
  await context.close();
  // A page that is left while it connects says so.
  expect(troubles.filter((text) => !text.includes('closed before the connection'))).toEqual([]);
}, 180_000);

test('how screens look follows a person into a second tab at once and into another browser; the first paint waits for nobody', async () => {
  const { context, page } = await asAdmin();
  await page.goto(`${server.url}/settings/account`);
  const tab = await context.newPage();
  listen(tab, troubles);
  await tab.goto(`${server.url}/settings/account`);
  const shows = (where: Page, theme: Theme): Promise<unknown> =>
    where.waitForFunction((wanted) => document.documentElement.dataset['theme'] === wanted, theme);
  await Promise.all([shows(page, 'light'), shows(tab, 'light')]);

  await page.getByRole('group', { name: 'Theme' }).getByRole('button', { name: 'Dark' }).click();
  await Promise.all([shows(page, 'dark'), shows(tab, 'dark')]);
  await page.getByRole('group', { name: 'Hours' }).getByRole('button', { name: '12 hours' }).click();
  await page.getByRole('button', { name: '12 hours', pressed: true }).waitFor();
  // The page was drawn anew for its times; whoever goes on by keyboard goes on from where they were.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('12 hours');
  await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
  await page.getByLabel('Numbers and dates').selectOption('en-US');
  await tab.getByText(/^Now it is .* [AP]M$/u).waitFor();
  await tab.waitForFunction(() => document.querySelector<HTMLSelectElement>('select')?.value === 'Asia/Tokyo');
  // Two tabs say different things, and both hold.
  await tab.getByRole('group', { name: 'Tables' }).getByRole('button', { name: 'Dense' }).click();
  await page.getByRole('button', { name: 'Dense', pressed: true }).waitFor();
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'how-it-looks');

  // A browser that never saw her has it all from the server.
  const other = await asAdmin();
  await other.page.goto(`${server.url}/settings/account`);
  await shows(other.page, 'dark');
  await other.page.getByRole('button', { name: 'Dense', pressed: true }).waitFor();
  await other.page.getByText(/^Now it is .* [AP]M$/u).waitFor();
  // Next time it is dark before anything was asked.
  await other.page.route('**/v1/**', () => undefined);
  await other.page.goto(`${server.url}/services`, { waitUntil: 'commit' });
  await shows(other.page, 'dark');
  await other.context.close();

  await page.getByRole('group', { name: 'Theme' }).getByRole('button', { name: 'System' }).click();
  await page.getByRole('group', { name: 'Tables' }).getByRole('button', { name: 'Comfortable' }).click();
  await page.getByRole('group', { name: 'Hours' }).getByRole('button', { name: '24 hours' }).click();
  await page.getByLabel('Time zone').selectOption('');
  await Promise.all([shows(page, 'light'), shows(tab, 'light')]);
  await context.close();
}, 120_000);

test('a role that is changed changes the page that its holder has open; a suspension ends it; the list is live', async () => {
  const admin = await asAdmin();
  const headers = { origin: server.url };
  const invited = await admin.context.request.post(`${server.url}/v1/invites`, {
    headers,
    data: { email: 'olga@example.org', role: 'viewer' },
  });
  const { path }: { path: string } = await invited.json();
  await admin.page.goto(`${server.url}/settings/members`);
  await admin.page.getByRole('list', { name: 'Members' }).getByText('(you)').waitFor();

  const olga = await open();
  const joined = await olga.context.request.post(`${server.url}/v1/welcome`, {
    headers,
    data: { token: path.split('/').at(-1), name: 'Olga', password },
  });
  expect(joined.status()).toBe(201);
  await olga.page.goto(`${server.url}/messages`);
  await olga.page.getByText('Connection: Live').waitFor({ state: 'attached' });
  await olga.page.getByRole('heading', { name: 'Messages', level: 1 }).waitFor();
  expect(await olga.page.getByRole('button', { name: /New message/u }).count()).toBe(0);

  // She came into the list by herself, and is seen.
  const row = admin.page.getByRole('listitem').filter({ hasText: 'olga@example.org' });
  await row.getByText('seen').waitFor();
  await admin.page.getByLabel('Role of Olga').selectOption('operator');
  await admin.page.getByRole('button', { name: 'Change the role' }).click();
  await olga.page
    .getByRole('button', { name: /New message/u })
    .first()
    .waitFor();
  await admin.page.getByLabel('Role of Olga').selectOption('viewer');
  await admin.page.getByRole('button', { name: 'Change the role' }).click();
  await olga.page
    .getByRole('button', { name: /New message/u })
    .first()
    .waitFor({ state: 'detached' });

  await admin.page.getByRole('button', { name: 'More for Olga' }).click();
  await admin.page.getByRole('menuitem', { name: 'Suspend' }).click();
  expect(await seriousViolations(admin.page)).toEqual([]);
  await admin.page.getByRole('button', { name: 'Suspend', exact: true }).click();
  await row.getByText('suspended').waitFor();
  await olga.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await shot(admin.page, 'member-suspended');
  await admin.page.getByRole('button', { name: 'More for Olga' }).click();
  await admin.page.getByRole('menuitem', { name: 'Restore' }).click();
  await admin.page.getByRole('button', { name: 'Restore', exact: true }).click();
  await row.getByText('suspended').waitFor({ state: 'detached' });
  await olga.context.close();
  await admin.context.close();
}, 120_000);

test('a key is made from the table of permissions: nothing beyond one’s own, shown once, held to it, and revoked', async () => {
  const { context, page } = await asAdmin();
  await page.goto(`${server.url}/settings/keys`);
  await page.getByRole('button', { name: 'New key' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('night watch');
  await dialog.getByLabel('May').selectOption('chosen');
  await dialog.getByRole('button', { name: 'Make key' }).click();
  await dialog.getByText('Choose at least one permission.').waitFor();
  await dialog.getByRole('button', { name: 'Begin with report' }).click();
  await dialog.getByRole('button', { name: 'Nothing', exact: true }).click();
  await dialog.getByLabel('Find a permission').fill('alerts');
  await dialog.getByLabel('alerts:read', { exact: true }).check();
  await dialog.getByLabel('alerts:ack', { exact: true }).check();
  await dialog.getByText('2 permissions').waitFor();
  // It only narrows: the key is made by its button.
  await dialog.getByLabel('Find a permission').press('Enter');
  await dialog.getByLabel('Ends').selectOption('30');
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'key-picker');
  await dialog.getByRole('button', { name: 'Make key' }).click();
  await page.getByRole('heading', { name: 'Your new key' }).waitFor();
  const secret = (await dialog.getByText(/^sw_custom_/u).textContent())?.trim() ?? '';
  const headers = { authorization: `Bearer ${secret}` };
  const status = async (path: string): Promise<number> =>
    (await context.request.get(`${server.url}${path}`, { headers })).status();
  expect([await status('/v1/alerts'), await status('/v1/services')]).toEqual([200, 403]);
  await page.getByRole('button', { name: 'I have copied it' }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'night watch' });
  await row.getByText('2 permissions').waitFor();
  await row.getByText(/ends/u).waitFor();
  await page.getByRole('button', { name: 'Revoke night watch' }).click();
  await page.getByRole('button', { name: 'Revoke it' }).click();
  await row.waitFor({ state: 'detached' });
  expect(await status('/v1/alerts')).toBe(401);
  await context.close();
}, 120_000);

test('whoever may go into several organizations goes from the rail, with every tab, and sees nothing of the one before', async () => {
  const { context, page } = await asAdmin();
  const headers = { origin: server.url };
  const post = async (path: string, data: object): Promise<number> =>
    (await context.request.post(`${server.url}${path}`, { headers, data })).status();
  expect(await post('/v1/organizations', { id: 'acme', name: 'Acme' })).toBe(201);
  expect(await post('/v1/services', { id: 'homely', name: 'Homely', kind: 'heartbeat' })).toBe(201);
  await page.goto(`${server.url}/services`);
  await page.getByText('Homely').first().waitFor();
  const tab = await context.newPage();
  listen(tab, troubles);
  await tab.goto(`${server.url}/services`);
  await tab.getByText('Homely').first().waitFor();

  const goTo = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: /: another organization$/u }).click();
    await page.getByRole('menuitem', { name }).click();
    await page.getByRole('button', { name: `${name}: another organization` }).waitFor();
    await tab.getByRole('button', { name: `${name}: another organization` }).waitFor();
  };
  await goTo('Acme');
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'other-organization');
  for (const where of [page, tab]) {
    await where.goto(`${server.url}/services`);
    await where.getByText('Connection: Live').waitFor({ state: 'attached' });
    await settled(where);
    expect(await where.getByText('Homely').count()).toBe(0);
  }
  expect(await post('/v1/services', { id: 'foreign', name: 'Foreign', kind: 'heartbeat' })).toBe(201);
  await Promise.all([page, tab].map((where) => where.getByText('Foreign').first().waitFor()));
  await goTo('main');
  await page.goto(`${server.url}/services`);
  await page.getByText('Homely').first().waitFor();
  expect(await page.getByText('Foreign').count()).toBe(0);
  await context.close();
}, 120_000);

test('an organization is made and named on its page, joined by somebody who has an account, and deleted with all that is in it', async () => {
  const { context, page } = await asAdmin();
  await page.goto(`${server.url}/settings/organization`);
  await page.getByRole('button', { name: 'New organization' }).click();
  let dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Globex');
  await dialog.getByLabel('Id').fill('globex');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('button', { name: 'More for Globex' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await dialog.getByLabel('Name').fill('Globex Corp.');
  await dialog.getByRole('button', { name: 'Rename it' }).click();
  await page.getByRole('button', { name: 'More for Globex Corp.' }).waitFor();
  await settled(page);
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'organizations');

  // Ida has an account in main, and a phone.
  const phone = await open('dark', 390);
  await joinAs(phone.context, server, 'viewer', 'ida');
  const inGlobex = { headers: { 'statewire-organization': 'globex' } };
  const made = await server.api('POST', '/v1/invites', { email: 'ida@example.org', role: 'admin' }, inGlobex);
  await phone.page.goto(`${server.url}/#/welcome/${String(made.body.path).split('/').at(-1) ?? ''}`);
  await phone.page.getByRole('button', { name: 'Join globex' }).waitFor();
  expect(await seriousViolations(phone.page)).toEqual([]);
  await shot(phone.page, 'invited-again');
  // The link asked; the menu has it as well.
  await phone.page.goto(`${server.url}/services`);
  await phone.page.getByText('Connection: Live').waitFor({ state: 'attached' });
  const more = phone.page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: 'More' });
  await until('the invitation in the menu of the phone', async () => {
    await more.click();
    const isThere = await phone.page.getByRole('menuitem', { name: 'Globex Corp.: you are invited' }).isVisible();
    if (!isThere) await phone.page.keyboard.press('Escape');
    return isThere;
  });
  await settled(phone.page);
  expect(await seriousViolations(phone.page)).toEqual([]);
  await shot(phone.page, 'phone-places');
  await phone.page.getByRole('menuitem', { name: 'Globex Corp.: you are invited' }).click();
  await settled(phone.page);
  await shot(phone.page, 'invitations');
  await phone.page.getByRole('button', { name: 'Join Globex Corp.' }).click();
  await phone.page.waitForURL(({ pathname }) => pathname === '/');
  const who = async (): Promise<string> =>
    JSON.stringify(await (await phone.context.request.get(`${server.url}/v1/me`)).json());
  await until('her session there', async () => (await who()).includes('"org":"globex"'));
  await phone.page.getByText('Connection: Live').waitFor({ state: 'attached' });

  await page.reload();
  await page.getByRole('button', { name: 'More for Globex Corp.' }).click();
  await page.getByRole('menuitem', { name: 'Delete the organization' }).click();
  dialog = page.getByRole('dialog');
  await dialog.getByText('1 person shut out at once').waitFor();
  await settled(page);
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'organization-delete');
  await dialog.getByLabel('Its name').fill('Globex');
  await dialog.getByRole('button', { name: 'Delete it for good' }).click();
  await dialog.getByText('found another name').waitFor();
  await dialog.getByLabel('Its name').fill('Globex Corp.');
  await dialog.getByLabel('Why').fill('they left');
  await dialog.getByRole('button', { name: 'Delete it for good' }).click();
  await page.getByRole('button', { name: 'More for Globex Corp.' }).waitFor({ state: 'detached' });
  // Whoever looked at it is at home again, and so is their session.
  await until('Ida at home', async () => (await who()).includes('"org":"main"'));
  await until('its records gone', async () => {
    const { body } = await server.api('GET', '/v1/organizations');
    return body.ending.length === 0;
  });
  expect(server.output).not.toContain('could not be deleted');
  await phone.context.close();
  await context.close();
}, 180_000);

test('a role is made from the grid and by name; what is no permission is refused with the reason', async () => {
  for (const [theme, width] of looks) {
    const { context, page } = await asAdmin(theme, width);
    await page.goto(`${server.url}/settings/roles`);
    await page.getByRole('button', { name: 'New role' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(`On call ${width}`);
    await dialog.getByLabel('read services').check();
    await dialog.getByLabel('Commands and others').fill('acknowledge');
    await dialog.getByRole('button', { name: 'Make the role' }).click();
    await dialog.getByText('acknowledge is none').waitFor();
    await dialog.getByLabel('Commands and others').fill('alerts:ack');
    await dialog.getByText('needs jobs:bulk, jobs:read').waitFor();
    await settled(page);
    expect(await seriousViolations(page)).toEqual([]);
    await shot(page, `role-editor-${theme}-${width}`);
    await dialog.getByRole('button', { name: 'Let them do it to many' }).click();
    await dialog.getByText('needs jobs:bulk').waitFor({ state: 'detached' });
    await dialog.getByRole('button', { name: 'Make the role' }).click();
    const row = page.getByRole('listitem').filter({ hasText: `On call ${width}` });
    await row.getByText('4 permissions').waitFor();
    const { body } = await server.api('GET', '/v1/roles');
    expect(body.rows.find(({ name }: { readonly name: string }) => name === `On call ${width}`)).toMatchObject({
      permissions: expect.arrayContaining(['alerts:ack', 'jobs:bulk', 'jobs:read', 'services:read']),
    });
    await context.close();
  }
}, 120_000);

test('where a second factor is required, whoever has none meets nothing else', async () => {
  await server.api('POST', '/v1/settings', { id: 'main', requiresSecondFactor: true });
  const { context, page } = await asAdmin('dark', 390);
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'One more thing' }).waitFor();
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'enrol');
  await page.getByLabel('Your password').fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Continue' }).click();
  const secret = (await page.locator('code').first().textContent()) ?? '';
  await page.getByLabel('Code', { exact: true }).fill(codeFor(secret));
  await page.getByRole('button', { name: 'Turn it on' }).click();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('Connection: Live').waitFor({ state: 'attached' });
  await context.close();
}, 120_000);
