/** Several tabs of the dashboard in a real browser, known by their cookie: one connection, one person at a time. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

const OTHER = { email: 'bo@example.org', name: 'Bo', password: 'another horse battery staple' } as const;

let server: TestServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser();
  context = await browser.newContext();
  await signIn(context, server);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Live connections as the server counts them. */
async function connections(): Promise<number> {
  return (await server.api('GET', '/v1/system')).body.live.connections;
}

async function open(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/services`);
  return page;
}

async function report(name: string): Promise<void> {
  const body = { id: name.toLowerCase().replaceAll(' ', '-'), kind: 'heartbeat', name };
  const made = await server.api('POST', '/v1/services', body);
  expect(made.status, JSON.stringify(made.body)).toBeLessThan(300);
}

async function shows(page: Page, name: string): Promise<void> {
  await page.getByText(name, { exact: true }).first().waitFor();
}

async function has(count: number): Promise<void> {
  await until(`${count} connections`, async () => (await connections()) === count, 30_000);
}

test('three tabs of one person have one socket; who signs out ends it for all, and who signs in next shares nothing with them', async () => {
  const tabs = [await open(), await open(), await open()];
  await report('Seen by three');
  for (const tab of tabs) await shows(tab, 'Seen by three');
  await has(1);

  // One signs out: the server ends the connection of all, and each of them is at the door.
  const [first, second, third] = tabs;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three were opened');
  await second.getByRole('button', { name: /theme and sign out/u }).click();
  await second.getByRole('menuitem', { name: 'Sign out' }).click();
  for (const tab of tabs) await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
  await has(0);
  await report('Seen by nobody');

  // Somebody else signs in there, and opens another tab.
  const invite = await server.api('POST', '/v1/invites', { email: OTHER.email, role: 'viewer' });
  expect(invite.status).toBeLessThan(300);
  const token = /#\/welcome\/([\w-]+)/u.exec(JSON.stringify(invite.body))?.[1];
  const headers = { origin: server.url };
  const joined = await context.request.post(`${server.url}/v1/welcome`, { headers, data: { token, ...OTHER } });
  expect(joined.ok(), await joined.text()).toBe(true);
  await second.goto(`${server.url}/services`);
  await shows(second, 'Seen by nobody');
  await has(1);
  const other = await open();
  await shows(other, 'Seen by nobody');
  await has(1);
  for (const page of [second, other]) await page.getByText(OTHER.name).first().waitFor();
  // The old tabs come back as whoever is signed in now, and share with them.
  for (const tab of [first, third]) {
    await tab.reload();
    await shows(tab, 'Seen by nobody');
  }
  await has(1);
});
