/**
 * The real client in Node against a real server, through networks that meddle: upgrades refused, answers gathered, idle and
 * old connections cut. Whatever gets through, the replica is the server's.
 */
import { createClient, type Client, type FullOptions, type Transport } from '@statewire/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { Meddler, type Meddling } from './harness/meddler.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(async () => {
  await server?.close();
});
/** What a test opens and when that is closed: the last first. */
type Finish = typeof onTestFinished;

/** A client that watches the agents. */
function watch(url: string, options: Partial<FullOptions> = {}, finished: Finish = onTestFinished): Client {
  const sw = createClient({ url, token: ADMIN_KEY, intervalMs: 50, ...options });
  const watching = sw.agents.subscribe(() => undefined);
  finished(() => {
    watching.close();
    sw.close();
  });
  return sw;
}

async function through(
  meddling: Meddling,
  options: Partial<FullOptions> = {},
  finished: Finish = onTestFinished,
): Promise<readonly [Client, Meddler]> {
  const meddler = await Meddler.open(server.port, meddling);
  finished(() => meddler.close());
  return [watch(meddler.url, options, finished), meddler];
}

async function put(id: string, name: string): Promise<void> {
  const made = await server.api('POST', '/v1/agents', { id, name });
  if (made.status === 201) return;
  expect((await server.api('PATCH', `/v1/agents/${id}`, { name })).status).toBe(200);
}

function nameOf(sw: Client, id: string): unknown {
  return sw.agents
    .view()
    .get()
    .rows.find((row) => row.id === id)?.name;
}

/** Everything the server says there is, as the client shows it. */
async function isReplica(sw: Client): Promise<boolean> {
  const truth = await server.api('GET', '/v1/agents?limit=1000');
  const rows: readonly { readonly id: string }[] = truth.body.rows;
  const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
  const shown = [...sw.agents.view().get().rows].sort(byId);
  return (
    JSON.stringify(shown.map(({ id }) => id)) === JSON.stringify([...rows].sort(byId).map(({ id }) => id)) &&
    shown.every(
      (row) => JSON.stringify(sorted(row)) === JSON.stringify(sorted(rows.find(({ id }) => id === row.id) ?? {})),
    )
  );
}

function sorted(row: object): object {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isOver(sw: Client, kind: Transport): boolean {
  const { state, transport } = sw.connection.get();
  return state === 'live' && transport === kind;
}

/** The time that a proxy counts has no condition to wait for. */
function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe.each(['websocket', 'sse', 'poll', 'get'] as const)('[LA1] over %s alone', (kind) => {
  test('rows, changes, commands and a server that is killed: the replica is the server’s', async () => {
    const sw = watch(server.url, { transports: [kind] });
    await until('a connection', () => isOver(sw, kind));
    await put(`${kind}-a`, 'one');
    await until('the row', () => nameOf(sw, `${kind}-a`) === 'one');
    await put(`${kind}-a`, 'two');
    await until('the change', () => nameOf(sw, `${kind}-a`) === 'two');
    const done = await sw.collection('agents').patch(`${kind}-a`, { name: 'three' });
    expect(done).toMatchObject({ ok: true });
    await until('its own change', () => nameOf(sw, `${kind}-a`) === 'three');
    const refused = await sw.collection('agents').patch('nobody', { name: 'x' });
    expect(refused).toMatchObject({ ok: false, code: 'not_found' });
    await server.kill();
    const waiting = sw.collection('agents').patch(`${kind}-a`, { name: 'four' });
    await server.launch();
    await put(`${kind}-b`, 'made meanwhile');
    expect(await waiting).toMatchObject({ ok: true });
    await until('all of it', async () => isOver(sw, kind) && isReplica(sw));
  });

  test('a bad credential is told as one', async () => {
    const sw = watch(server.url, { transports: [kind], token: 'sw_admin_bad' });
    await until('the refusal', () => sw.connection.get().error?.code === 'auth_invalid');
    expect(sw.agents.view().get().rows).toEqual([]);
  });
});

test('[LA5] a proxy that refuses upgrades: live over a stream of events, which brings what changes', async () => {
  const [sw, meddler] = await through({ upgrades: false });
  await until('a stream', () => isOver(sw, 'sse'));
  expect(meddler.refused).toBeGreaterThan(0);
  // On a busy machine a stream may have been too late at first.
  meddler.passed.clear();
  await put('blocked', 'seen');
  await until('the row', () => nameOf(sw, 'blocked') === 'seen');
  expect(await sw.collection('agents').patch('blocked', { name: 'written' })).toMatchObject({ ok: true });
  await until('the replica', () => isReplica(sw));
  expect(isOver(sw, 'sse')).toBe(true);
  // The stream brought it: nobody asked.
  expect(meddler.passed.get('/live/v1/poll')).toBeUndefined();
});

test('[LA5] a proxy that gathers answers as well: live over held requests within one attempt', async () => {
  const [sw, meddler] = await through({ upgrades: false, gathers: true });
  await until('held requests', () => isOver(sw, 'poll'));
  expect(sw.connection.get().failures).toBe(0);
  for (let i = 0; i < 5; i += 1) {
    await put('gathered', `n${i}`);
    await until('the change', () => nameOf(sw, 'gathered') === `n${i}`);
  }
  expect(await sw.collection('agents').patch('gathered', { name: 'written' })).toMatchObject({ ok: true });
  await until('the replica', () => isReplica(sw));
  expect(meddler.passed.get('/live/v1/poll')).toBeGreaterThan(4);
});

// These wait for most of their time: they do it together.
describe.concurrent('networks that cut', () => {
  test('[LA1] [LV1] a proxy that cuts what is idle for 20 s cuts nothing of ours: somebody speaks every 15 s', async ({
    expect: judge,
    onTestFinished: finished,
  }) => {
    const kinds = ['websocket', 'sse', 'poll'] as const;
    const ways = await Promise.all(kinds.map((kind) => through({ idleMs: 20_000 }, { transports: [kind] }, finished)));
    for (const [i, [sw]] of ways.entries()) await until('a connection', () => isOver(sw, kinds[i] ?? 'get'));
    // Longer than it would wait; nobody looks, so that no probe keeps it awake either.
    await pass(26_000);
    for (const [i, [sw, meddler]] of ways.entries()) {
      judge(sw.connection.get()).toMatchObject({ state: 'live', failures: 0, transport: kinds[i] });
      // Requests leave idle connections behind them; a wire is never one.
      if (kinds[i] === 'websocket') judge(meddler.cuts).toBe(0);
    }
  });

  test.for([
    ['idle for 1 s', { idleMs: 1_000 }, 1_500],
    ['older than 3 s', { lifeMs: 3_000 }, 1_000],
    ['older than 2 s, and upgrades refused', { lifeMs: 2_000, upgrades: false }, 1_000],
  ] as const)(
    '[LA7] a proxy that cuts every connection that is %s: nothing is missed',
    async ([kind, meddling, everyMs], { expect: judge, onTestFinished: finished }) => {
      const [sw, meddler] = await through(meddling, {}, finished);
      const id = kind.replaceAll(/[^a-z\d]+/gu, '-');
      await until('a connection', () => sw.connection.get().state === 'live');
      for (let i = 0; i < 12; i += 1) {
        await put(`${id}-${i % 3}`, `n${i}`);
        await until('the change', () => nameOf(sw, `${id}-${i % 3}`) === `n${i}`);
        await pass(everyMs);
      }
      await until('the replica', () => isReplica(sw));
      judge(meddler.cuts).toBeGreaterThan(2);
    },
  );
});

test('[LA5] in a real Chromium behind a proxy that refuses upgrades the dashboard stays live', async () => {
  const meddler = await Meddler.open(server.port, { upgrades: false });
  const browser = await launchBrowser();
  onTestFinished(() => meddler.close());
  onTestFinished(() => browser.close());
  const context = await browser.newContext();
  await signIn(context, server);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  await page.goto(`${meddler.url}/services`);
  const made = await server.api('POST', '/v1/services', {
    id: 'in-chromium',
    name: 'Seen in Chromium',
    kind: 'heartbeat',
  });
  expect(made.status).toBe(201);
  await page.getByText('Seen in Chromium').first().waitFor();
  expect((await server.api('PATCH', '/v1/services/in-chromium', { name: 'Changed in Chromium' })).status).toBe(200);
  await page.getByText('Changed in Chromium').first().waitFor();
  expect(meddler.refused).toBeGreaterThan(0);
  expect(meddler.passed.get('/live/v1/sse')).toBeGreaterThan(0);
  expect(troubles).toEqual([]);
});
