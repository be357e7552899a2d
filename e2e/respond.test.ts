/** Alerts, incidents, maintenance, notifications and the inbox in a real browser: looked at, and lived through. */
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { listen, looks, openWindow, seriousViolations, settled, shot } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
// Patient: a machine that also runs a browser must not find what works late.
const CHECK = { intervalMs: 3_000, timeoutMs: 2_900, failAfter: 1, recoverAfter: 1 };

let server: TestServer;
let browser: Browser;
let fleet: Server;
let receiver: Server;
/** Paths that answer badly. */
const broken = new Set<string>(['/billing']);
/** Titles of the notices that the published library has verified. */
const heard: string[] = [];

beforeAll(async () => {
  fleet = createServer((request, response) => {
    response.writeHead(broken.has(request.url ?? '') ? 503 : 200).end('ok');
  });
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
      const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name] ?? '')]));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the body documented in docs/reference/webhooks.md; the assertions read it.
      const told = new Webhook(SECRET).verify(body, headers) as { data: { title: string } };
      heard.push(told.data.title);
      response.writeHead(204).end();
    });
  });
  await Promise.all([open(fleet), open(receiver)]);
  server = await TestServer.start();
  browser = await launchBrowser();
  // Whoever is told must be there before it happens.
  const context = await openWindow(browser, 'light', 1440);
  await signIn(context, server);
  await context.close();
  await fill();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  fleet?.close();
  receiver?.close();
});

const pages = [
  ['alerts', '/alerts', null],
  ['one alert', '/alerts?open=ALERT', 'dialog'],
  ['incidents', '/incidents', null],
  ['new incident', '/incidents?add=true', 'dialog'],
  ['one incident', '/incidents/slow', null],
  ['maintenance', '/maintenance', null],
  ['plan a maintenance', '/maintenance?add=true', 'dialog'],
  ['channels', '/notifications', null],
  ['policies', '/notifications?tab=policies', null],
  ['rules', '/notifications?tab=rules', null],
  ['deliveries', '/notifications?tab=deliveries', null],
  ['inbox', '/inbox', null],
  ['inbox, archived, none', '/inbox?tab=archived', null],
  ['my notifications', '/inbox?tab=settings', null],
] as const;

/** What is opened by a press: the page, the button, and what then is looked at. */
const dialogs = [
  ['new channel', '/notifications', /New channel|Add channel/u],
  ['new policy', '/notifications?tab=policies', /New policy|Add policy/u],
  ['new rule', '/notifications?tab=rules', /New rule|Add rule/u],
  ['notification centre', '/alerts', /^Inbox: \d+ unread/u],
] as const;

for (const [theme, width] of looks) {
  describe(`${theme}, ${width} px`, () => {
    let context: BrowserContext;
    let page: Page;
    const troubles: string[] = [];
    beforeAll(async () => {
      context = await openWindow(browser, theme, width);
      await signIn(context, server);
      page = await context.newPage();
      listen(page, troubles);
    });
    afterAll(async () => {
      await context?.close();
    });
    const isWell = async (name: string): Promise<void> => {
      await settled(page);
      await shot(page, `respond-${name}-${width}-${theme}`);
      expect(troubles).toEqual([]);
      expect(await seriousViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    };
    for (const [name, path, role] of pages) {
      test(`${name}: no error, nothing serious for axe, no sideways scrolling`, async () => {
        troubles.length = 0;
        await page.goto(`${server.url}${path.replace('ALERT', await alertOf('services/billing'))}`);
        if (role !== null) await page.getByRole(role).waitFor();
        await isWell(name);
      });
    }
    for (const [name, path, button] of dialogs) {
      test(`${name}, opened: no error, nothing serious for axe, no sideways scrolling`, async () => {
        troubles.length = 0;
        await page.goto(`${server.url}${path}`);
        await settled(page);
        await page.getByRole('button', { name: button }).first().click();
        await page.getByRole('dialog').waitFor();
        await isWell(name);
      });
    }
  });
}

test('a place that a notice names opens what it is about', async () => {
  const { context, page } = await visit('/');
  const alert = await alertOf('services/billing');
  for (const [path, heading] of [
    [`/alerts/${alert}`, /Billing is down/u],
    ['/maintenances/upgrade', 'Maintenance'],
    ['/incidents/slow', 'Checkout is slow'],
    ['/services/billing', 'Billing'],
    ['/channels/hook', 'Notifications'],
  ] as const) {
    await page.goto(`${server.url}${path}`);
    await page.getByRole('heading', { name: heading }).first().waitFor();
  }
  await context.close();
});

test('a service goes down and comes back, in one tab: seen, counted, taken, told, published, quieted, over', async () => {
  const { context, page } = await visit('/alerts');
  await page.evaluate(() => Object.assign(globalThis, { isSame: true }));
  const table = page.getByRole('table');
  const alertTab = (name: string) => page.getByRole('tab', { name: new RegExp(`^${name}`, 'u') });
  const before = await unread(page);

  broken.add('/shop');
  const row = table.getByRole('row').filter({ hasText: 'Shop is down' });
  await row.waitFor();
  await page.getByRole('button', { name: `Inbox: ${before + 1} unread` }).waitFor();
  // A toast says it; it is gone where it is dismissed.
  const toast = page.getByRole('listitem').filter({ hasText: 'Shop is down' });
  await toast.getByRole('button', { name: 'Dismiss' }).click();
  await toast.waitFor({ state: 'detached' });

  // Taken up before anybody was told, nobody is told any more.
  await until('its notice', () => heard.some((title) => title.includes('Shop is down')));
  for (let i = 0; i < 5 && !((await row.getAttribute('data-cursor')) === 'true'); i += 1)
    await page.keyboard.press('j');
  await page.keyboard.press('a');
  await alertTab('Acknowledged').getByText('1').waitFor();
  await alertTab('Acknowledged').click();
  await row
    .getByRole('button', { name: /Shop is down/u })
    .first()
    .click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('by Ada', { exact: false }).first().waitFor();
  await drawer.getByRole('region', { name: 'Who was told' }).getByText('delivered').first().waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });

  await page.keyboard.type('gi');
  await page.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('The shop cannot be reached');
  await page.getByRole('dialog').getByRole('checkbox', { name: /^Shop/u }).check();
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { level: 1, name: 'The shop cannot be reached' }).waitFor();
  await page.getByText('only here').waitFor();
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('button', { name: 'Unpublish' }).waitFor();

  await page.keyboard.type('gm');
  await page.getByRole('heading', { level: 1, name: 'Maintenance' }).waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('Emergency repair');
  await page.getByRole('button', { name: 'Begin now' }).click();
  const window = page.getByRole('listitem').filter({ hasText: 'Emergency repair' });
  await window.getByText('Under way').waitFor();
  await page.keyboard.type('ga');
  await alertTab('Suppressed').click();
  await row.getByText('under maintenance').waitFor();

  await page.keyboard.type('gm');
  await window.getByRole('button', { name: 'Complete' }).click();
  broken.delete('/shop');
  await page.keyboard.type('ga');
  await alertTab('Resolved').click();
  await row.waitFor();
  await until('the alert to be over', async () => {
    const { body } = await server.api('GET', '/v1/alerts?limit=100');
    return (body.rows as { subject: string; state: string }[]).every(
      ({ subject, state }) => subject !== 'services/shop' || state === 'resolved',
    );
  });
  expect(await page.evaluate(() => Reflect.get(globalThis, 'isSame'))).toBe(true);
  await context.close();
});

test('the inbox by keyboard: moved in, selected, archived, opened; settings are kept', async () => {
  await say('Press me', { path: '/jobs', priority: 'high' });
  const { context, page } = await visit('/inbox');
  const rows = page.getByRole('table').getByRole('row');
  const row = rows.filter({ hasText: 'Press me' });
  await row.waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
  await page.keyboard.type('gb');
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
  await settled(page);
  await row.waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: /^All/u }).click();
  await row.waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByRole('toolbar').getByText('1 selected').waitFor();
  await page.keyboard.press('e');
  await row.waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Archived' }).click();
  await row.waitFor();

  await page.getByRole('tab', { name: 'Settings' }).click();
  const jobs = page.getByRole('group', { name: 'Job' });
  // Both before either is answered: the first makes the record, and the second is a change of it.
  await jobs.evaluate((group) => {
    const sound = [...group.querySelectorAll('label')].find(({ textContent }) => textContent === 'Sound');
    const from = group.querySelector('select');
    if (sound === undefined || from === null) throw new Error('found no sound or no priority');
    sound.click();
    from.value = 'high';
    from.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await page.getByLabel(/Hours without sound/u).check();
  await page.getByLabel('Time zone').fill('Nowhere/Land');
  await page.getByLabel('Time zone').blur();
  // Once on the screen and once for screen readers.
  await page
    .getByText(/time zone such as/u)
    .first()
    .waitFor();
  await page.reload();
  await settled(page);
  // What was kept comes with its view, which the page does not wait for.
  await until('the sound that was chosen', () => jobs.getByLabel('Sound').isChecked());
  expect(await jobs.getByRole('combobox').inputValue()).toBe('high');
  expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('22:00');
  expect(await page.getByLabel('Time zone').inputValue()).not.toBe('Nowhere/Land');
  await context.close();
});

test('two tabs: what is read in one is counted off in the other, and its toast goes', async () => {
  const { context, page } = await visit('/inbox');
  const other = await context.newPage();
  await other.goto(server.url);
  await settled(other);
  const before = await unread(page);
  await say('For both tabs', { priority: 'urgent' });
  const bell = (tab: Page, n: number) =>
    tab.getByRole('button', { name: n === 0 ? 'Inbox: nothing unread' : new RegExp(`^Inbox: ${n} unread`, 'u') });
  await bell(page, before + 1).waitFor();
  await bell(other, before + 1).waitFor();
  const toast = other.getByRole('listitem').filter({ hasText: 'For both tabs' });
  await toast.waitFor();
  await page.getByRole('button', { name: 'Mark read: For both tabs' }).click();
  await bell(page, before).waitFor();
  await bell(other, before).waitFor();
  await toast.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Mark all read' }).click();
  await bell(other, 0).waitFor();
  await context.close();
});

test('pushes: explained where none can come, enabled, shown by the service worker with a place of ours, removed', async () => {
  const channel = async (isEnabled: boolean): Promise<void> => {
    expect((await server.api('PATCH', '/v1/channels/push', { isEnabled })).status).toBe(200);
  };
  await channel(false);
  // The engine alone shows no notices; and one that had many windows before was seen to show none.
  const whole = await launchBrowser({ isWhole: true });
  onTestFinished(() => whole.close());
  const context = await openWindow(whole, 'light', 1440);
  await signIn(context, server);
  await context.grantPermissions(['notifications'], { origin: server.url });
  const page = await context.newPage();
  await page.addInitScript(standInForPushService);
  await page.goto(`${server.url}/inbox?tab=settings`);
  await page.getByText('No channel for pushes is enabled').waitFor();
  await channel(true);
  await page.reload();
  await page.getByRole('button', { name: 'Enable in this browser' }).click();
  const devices = page.getByRole('list', { name: 'Browsers that take pushes' });
  await devices.getByText('push.example.org').waitFor();
  await page.getByRole('button', { name: 'Disable in this browser' }).waitFor();

  const session = await context.newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations;
      if (first !== undefined) resolve(first.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  const registrationId = await registered;
  for (const [title, path, place] of [
    ['Shop is down', '/alerts/a1', '/alerts/a1'],
    ['From elsewhere', '//elsewhere.example.org/', '/inbox'],
  ]) {
    const data = JSON.stringify({ title, body: 'HTTP 503', tag: title, path, state: 'firing', severity: 'critical' });
    await session.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data });
    await until(`the notice "${title}"`, async () => {
      const shown = await page.evaluate(async () => {
        const notices = await (await navigator.serviceWorker.ready).getNotifications();
        return notices.map((notice) => [notice.title, String(Reflect.get(Object(notice.data), 'path'))]);
      });
      return shown.some(([shownTitle, shownPlace]) => shownTitle === title && shownPlace === place);
    });
  }
  await page.getByRole('button', { name: 'Disable in this browser' }).click();
  await devices.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Enable in this browser' }).waitFor();
  await context.close();
});

test('a flood of forty is three toasts and a number; all of it waits in the inbox', async () => {
  const { context, page } = await visit('/services');
  for (let i = 0; i < 40; i += 1) await say(`Flood ${i}`, { thread: `flood-${i}` });
  await page
    .getByText(/\d+ more notifications came/u)
    .first()
    .waitFor();
  await page.getByRole('button', { name: /^Inbox: 40 unread/u }).waitFor();
  expect(
    await page
      .getByRole('listitem')
      .filter({ hasText: /Flood \d/u })
      .count(),
  ).toBeLessThanOrEqual(3);
  await page.getByRole('button', { name: /^Inbox: 40 unread/u }).click();
  const centre = page.getByRole('dialog', { name: 'Inbox' });
  await centre.getByRole('link', { name: 'Show all 4' }).waitFor();
  await shot(page, 'respond-flood');
  await centre.getByRole('button', { name: 'Archive all' }).click();
  await centre.getByText('Nothing here').waitFor();
  await context.close();
});

/** The browser's own push service is out of reach of a test: this one gives addresses, and nothing else is stood in for. */
function standInForPushService(): void {
  let subscription: object | null = null;
  const base64 = (bytes: number): string => btoa('k'.repeat(bytes)).replaceAll('=', '');
  Object.assign(PushManager.prototype, {
    getSubscription: () => Promise.resolve(subscription),
    subscribe: ({ applicationServerKey }: { applicationServerKey: string }) => {
      const key = applicationServerKey.replaceAll('-', '+').replaceAll('_', '/');
      subscription = {
        options: { applicationServerKey: Uint8Array.from(atob(key), (c) => c.charCodeAt(0)).buffer },
        toJSON: () => ({
          endpoint: 'https://push.example.org/one',
          expirationTime: null,
          keys: { p256dh: base64(65), auth: base64(16) },
        }),
        unsubscribe: () => Promise.resolve(((subscription = null), true)),
      };
      return Promise.resolve(subscription);
    },
  });
}

async function visit(path: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await openWindow(browser, 'light', 1440);
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(`${server.url}${path}`);
  await settled(page);
  return { context, page };
}

/** How many the bell counts. */
async function unread(page: Page): Promise<number> {
  const name = await page.getByRole('button', { name: /^Inbox: / }).getAttribute('aria-label');
  return Number(/\d+/u.exec(name ?? '')?.[0] ?? 0);
}

/** A word to everybody. */
async function say(title: string, fields: object = {}): Promise<void> {
  const reply = await server.api('POST', '/v1/notifications', { person: '*', title, thread: title, ...fields });
  expect(reply.status, JSON.stringify(reply.body)).toBe(202);
}

async function alertOf(subject: string): Promise<string> {
  const { body } = await server.api('GET', '/v1/alerts?limit=100');
  return (body.rows as { id: string; subject: string }[]).find((alert) => alert.subject === subject)?.id ?? '';
}

async function fill(): Promise<void> {
  const make = async (path: string, body: object): Promise<void> => {
    const made = await server.api('POST', path, body);
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  };
  await make('/v1/channels', {
    id: 'hook',
    name: 'Hook',
    kind: 'webhook',
    settings: { url: urlOf(receiver) },
    secrets: { secret: SECRET },
  });
  await make('/v1/channels', {
    id: 'push',
    name: 'Push',
    kind: 'webpush',
    settings: { subject: 'mailto:ops@example.org' },
  });
  // A draft in the midst of it would be one more line in every list.
  await make('/v1/settings', { id: 'main', drafting: { isEnabled: false } });
  await make('/v1/policies', {
    id: 'all',
    name: 'Everybody',
    isDefault: true,
    groupWaitMs: 0,
    groupIntervalMs: 0,
    groupBy: ['subject'],
    steps: [{ afterMs: 0, channels: ['hook'] }],
  });
  for (const [id, name] of [
    ['shop', 'Shop'],
    ['billing', 'Billing'],
    ['search', 'Search'],
  ]) {
    await make('/v1/services', { id, name, kind: 'http', target: `${urlOf(fleet)}${id}`, check: CHECK });
  }
  await make('/v1/maintenances', {
    id: 'upgrade',
    title: 'Database upgrade',
    selector: { collection: 'services', where: ['in', 'id', ['search']] },
    schedule: {
      kind: 'repeat',
      rrule: 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0',
      durationMs: 3_600_000,
      zone: 'Europe/Berlin',
      from: Date.now(),
      until: null,
    },
  });
  await make('/v1/incidents', {
    id: 'slow',
    title: 'Checkout is slow',
    text: 'We see it, and look for the cause.',
    phase: 'investigating',
    impact: 'minor',
    affected: [{ ref: 'services/billing', impact: 'degraded' }],
    isPublished: false,
  });
  await say('The weekly report is ready', { priority: 'low', path: '/jobs' });
  await until('the first alert', async () => (await alertOf('services/billing')) !== '');
  await until('its notice', () => heard.length > 0);
}

function open(target: Server): Promise<void> {
  return new Promise((resolve) => target.listen(0, '127.0.0.1', () => resolve()));
}

function urlOf(target: Server): string {
  const address = target.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return `http://127.0.0.1:${address.port}/`;
}
