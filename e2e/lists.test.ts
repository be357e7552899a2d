/** The lists of services, alerts and agents in a real browser: work on many as a job, through a crash, and views under a name. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { startTarget } from './harness/dashboard-pages.ts';
import { openWindow, seriousViolations, settled, shot } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

const BEATS = 300;
const ROBOTS = 100;
const DOWN = 3;

let server: TestServer;
let target: { readonly url: string; close(): void };
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  target = await startTarget();
  server = await TestServer.start();
  browser = await launchBrowser();
  await make('services', BEATS, (i) => ({
    id: `beat-${i}`,
    name: `Beat ${i}`,
    kind: 'heartbeat',
    labels: { team: i % 2 === 0 ? 'ops' : 'web' },
    check: { intervalMs: 3_600_000 },
  }));
  await make('services', DOWN, (i) => ({
    id: `down-${i}`,
    name: `Down ${i}`,
    kind: 'http',
    target: `${target.url}/500`,
    check: { intervalMs: 60_000, timeoutMs: 10_000, failAfter: 1, recoverAfter: 1 },
  }));
  await make('agents', ROBOTS, (i) => ({ id: `robot-${i}`, name: `Robot ${i}` }));
  await server.api('POST', '/v1/reports', {
    collection: 'jobs',
    id: 'scan',
    title: 'Nightly scan',
    total: 10,
    done: 1,
  });
  context = await openWindow(browser, 'light', 1440);
  await signIn(context, server);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  target?.close();
});

async function make(collection: string, count: number, of: (i: number) => object): Promise<void> {
  const lines = Array.from({ length: count }, (_, i) => ({ op: 'create', fields: of(i) }));
  for (let at = 0; at < count; at += 100) {
    const made = await server.api('POST', `/v1/${collection}/bulk`, { lines: lines.slice(at, at + 100) });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    expect(made.body.results.every(({ ok }: { ok: boolean }) => ok)).toBe(true);
  }
}

async function visit(path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}${path}`);
  await settled(page);
  return page;
}

async function rows(collection: string, filter: unknown): Promise<readonly Record<string, unknown>[]> {
  const query = encodeURIComponent(JSON.stringify(filter));
  return (await server.api('GET', `/v1/${collection}?limit=1000&filter=${query}`)).body.rows;
}

const bar = (page: Page) => page.getByRole('region', { name: 'Bulk job' });

/** The first of a list is selected by keyboard, and then all that match. */
async function selectAll(page: Page, toolbar: string, total: number): Promise<void> {
  await page.getByRole('table').getByRole('row').nth(1).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  const tools = page.getByRole('toolbar', { name: toolbar });
  await tools.getByText('1 selected').waitFor();
  await tools.getByRole('button', { name: `Select all ${total}` }).click();
  await tools.getByText(`All ${total} that match`).waitFor();
}

test('[BO15] all services that match are muted as a job through a kill -9, each once, and taken back', async () => {
  const page = await visit('/services?label=team%3Dops');
  await selectAll(page, 'Selected services', BEATS / 2);
  const tools = page.getByRole('toolbar', { name: 'Selected services' });
  await tools.getByRole('button', { name: 'Mute' }).click();
  await page.getByRole('menuitem', { name: 'Mute 4 hours' }).click();
  await bar(page).waitFor();
  const job = new URL(page.url()).searchParams.get('job')?.replaceAll('"', '') ?? '';
  await server.kill();
  await server.launch();
  await until('the job to end', async () => (await server.api('GET', `/v1/jobs/${job}`)).body.state === 'succeeded');
  expect((await server.api('GET', `/v1/jobs/${job}`)).body).toMatchObject({
    title: `Mute ${BEATS / 2} services`,
    progress: { done: BEATS / 2, total: BEATS / 2 },
    bulk: { failed: 0, undoable: BEATS / 2 },
  });
  const muted = await rows('services', ['eq', 'overlay.muted', true]);
  expect(muted).toHaveLength(BEATS / 2);
  expect(new Set(muted.map(({ mutedUntil }) => mutedUntil)).size).toBe(1);
  await bar(page).getByText('Succeeded').waitFor();
  // Until the list is live again it is grey.
  await until('the list to be live', async () => (await page.locator('.is-stale').count()) === 0);
  await shot(page, 'bulk on services');
  expect(await seriousViolations(page)).toEqual([]);
  await bar(page).getByRole('button', { name: 'Undo' }).click();
  await until('the way back', async () => (await rows('services', ['eq', 'overlay.muted', true])).length === 0);
  await page.close();
});

test('[BO15] killed again and again, agents are labelled and paused once each, and each is told once', async () => {
  const label = await server.api('POST', '/v1/agents/bulk', {
    where: ['all'],
    op: 'label',
    fields: { set: { rack: '7' } },
  });
  const pause = await server.api('POST', '/v1/agents/bulk', { where: ['all'], op: 'pause' });
  for (let lives = 0; lives < 2; lives++) {
    await server.kill();
    await server.launch();
  }
  for (const { body } of [label, pause]) {
    await until(
      'the job to end',
      async () => (await server.api('GET', `/v1/jobs/${body.id}`)).body.state === 'succeeded',
    );
    expect((await server.api('GET', `/v1/jobs/${body.id}`)).body).toMatchObject({
      progress: { done: ROBOTS },
      bulk: { failed: 0, undoable: ROBOTS },
    });
  }
  expect(await rows('agents', ['and', ['eq', 'labels.rack', '7'], ['eq', 'desired', 'paused']])).toHaveLength(ROBOTS);
  expect(await rows('instructions', ['eq', 'kind', 'pause'])).toHaveLength(ROBOTS);
});

test('[BO15] several agents from the list: those whom an order means, as a job', async () => {
  const page = await visit('/agents?q=Robot%201');
  // Robot 1 and 10 to 19.
  await selectAll(page, 'Selected agents', 11);
  const tools = page.getByRole('toolbar', { name: 'Selected agents' });
  expect(await tools.getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true);
  await tools.getByRole('button', { name: 'Resume' }).click();
  await bar(page).getByText('Resume 11 agents').waitFor();
  await bar(page).getByText('Succeeded').waitFor();
  expect(await rows('agents', ['eq', 'desired', 'active'])).toHaveLength(11);
  await tools.getByRole('button', { name: 'Label' }).click();
  await page.getByRole('textbox', { name: 'Label' }).fill('rack');
  await page.getByRole('button', { name: 'Label 11 agents' }).click();
  await until(
    'the labels to go',
    async () => (await rows('agents', ['eq', 'labels.rack', '7'])).length === ROBOTS - 11,
  );
  await page.close();
});

test('[BO15] the alerts that fire are taken up, assigned, put off and ended together', async () => {
  await until('the alerts', async () => (await rows('alerts', ['eq', 'state', 'firing'])).length === DOWN);
  const page = await visit('/alerts');
  await selectAll(page, 'Selected alerts', DOWN);
  const tools = page.getByRole('toolbar', { name: 'Selected alerts' });
  await tools.getByRole('button', { name: 'Assign' }).click();
  await page.getByLabel('Assigned to').fill('Bo');
  await page.getByRole('button', { name: `Assign ${DOWN} alerts` }).click();
  await until('them to be his', async () => (await rows('alerts', ['eq', 'assignee', 'Bo'])).length === DOWN);
  await tools.getByRole('button', { name: 'Snooze' }).click();
  await page.getByRole('menuitem', { name: 'Snooze 1 hour' }).click();
  await bar(page).getByText(`Snooze ${DOWN} alerts`).waitFor();
  await bar(page).getByText('Succeeded').waitFor();
  await bar(page).getByRole('button', { name: 'Undo' }).click();
  await until('them to be awake', async () => (await rows('alerts', ['eq', 'snoozedUntil', null])).length === DOWN);
  await tools.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Nothing is firing').first().waitFor();
  expect(await rows('alerts', ['eq', 'state', 'acknowledged'])).toHaveLength(DOWN);
  await page.close();
});

const VIEWS = [
  ['services', 'Filter services by text', 'Beat'],
  ['agents', 'Filter agents by text', 'Robot'],
  ['jobs', 'Filter jobs', 'Nightly'],
  ['alerts', 'Find an alert', 'Down'],
] as const;

test.each(VIEWS)(
  '[BO4] %s: a view is saved, shared, what its owner sees first, and deleted',
  async (name, field, q) => {
    const page = await visit(`/${name}`);
    await page.getByLabel(field).fill(q);
    await until('the search to stand in the address', () => page.url().includes(q));
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view' }).click();
    await page.getByLabel('Name').fill('Mine');
    await page.getByLabel('Everybody here sees it').check();
    await page.getByLabel('What I see when I come here').check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Saved views: Mine' }).waitFor();
    const [view] = (await server.api('GET', '/v1/saved-views')).body.rows;
    expect(view).toMatchObject({ page: name, name: 'Mine', isShared: true, isDefault: true, search: { q } });
    await page.goto(`${server.url}/${name}`);
    await until('the default to be applied', () => page.url().includes(q));
    await page.getByRole('button', { name: 'Saved views: Mine' }).click();
    await page.getByRole('menuitem', { name: 'Delete Mine' }).click();
    await until('it to be gone', async () => (await server.api('GET', '/v1/saved-views')).body.rows.length === 0);
    await page.close();
  },
);
