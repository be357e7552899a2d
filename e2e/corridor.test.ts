/** The whole corridor: a real MCP server dies, and a person's open tab turns red. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { freeze } from '../packages/server/src/testing/peers/freeze.ts';
import { Peer } from '../packages/server/src/testing/peers/peer.ts';
import { launchBrowser } from './harness/browser.ts';
import { CutProxy } from './harness/cut.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let browser: Browser;
let page: Page;
let peer: Peer;

/** What the tab shows of the service, noted by the tab itself at every change, on its own clock. */
interface Seen {
  readonly at: number;
  readonly text: string;
}

beforeAll(async () => {
  const port = await freePort();
  peer = await new Peer({
    bin: 'mcp-server-everything',
    args: ['streamableHttp'],
    env: { PORT: String(port) },
    port,
  }).start();
  server = await TestServer.start();
  browser = await launchBrowser({ isWhole: true });
  const context = await browser.newContext();
  await signIn(context, server);
  page = await context.newPage();
  const made = await server.api('POST', '/v1/services', {
    id: 'victim',
    name: 'Victim',
    kind: 'mcp',
    target: `http://127.0.0.1:${port}/mcp`,
    check: { intervalMs: 1_000, timeoutMs: 700 },
  });
  expect(made.status).toBe(201);
  await page.goto(`${server.url}/services`);
  await page.getByText('Victim').first().waitFor();
  await becomes('up');
  await page.evaluate(() => {
    const seen: Seen[] = [];
    Object.assign(globalThis, { seen });
    const note = (): void => {
      const row = [...document.querySelectorAll('tr, [role="row"]')].find((each) =>
        each.textContent.includes('Victim'),
      );
      const text = row?.textContent ?? '';
      if (seen.at(-1)?.text !== text) seen.push({ at: Date.now(), text });
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    note();
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await peer?.stop();
});

const read = async () => (await server.api('GET', '/v1/services/victim')).body;
const becomes = (status: string): Promise<void> =>
  until(`victim to be ${status}`, async () => (await read()).status === status);
const seen = (): Promise<Seen[]> => page.evaluate(() => Reflect.get(globalThis, 'seen') as Seen[]);
const transitions = async (): Promise<{ from: string; to: string; code: string }[]> =>
  (await server.api('GET', '/v1/services/victim/history')).body.transitions;

async function shows(word: RegExp, after: number): Promise<number> {
  let at = Number.NaN;
  await until(`the tab to show ${word}`, async () => {
    const hit = (await seen()).find((each) => each.at >= after && word.test(each.text));
    at = hit?.at ?? Number.NaN;
    return hit !== undefined;
  });
  return at - after;
}

test('kill -9 of the server is red in the open tab within a second, and green again after it came back', async () => {
  const at = Date.now();
  await peer.kill();
  const ms = await shows(/Down/u, at);
  console.log(`kill -9 to red in the tab: ${ms} ms`);
  expect(ms).toBeLessThan(1_000);
  expect(await read()).toMatchObject({ status: 'down', reason: { code: 'refused' } });

  const back = Date.now();
  await peer.start();
  await shows(/Up/u, back);
  await becomes('up');
  expect((await transitions()).slice(0, 2).map(({ from, to }) => `${from}>${to}`)).toEqual(['down>up', 'up>down']);
});

test('SIGSTOP is suspected, then down; SIGCONT is up again on the same session', async () => {
  const lost = (await read()).mcp.sessionsLost;
  await freeze(peer.pid);
  let suspected: { readonly status: string; readonly suspect?: { readonly to: string } } = { status: '' };
  await until('the suspicion', async () => {
    suspected = await read();
    return suspected.suspect?.to === 'unhealthy';
  });
  // As one answer said it: the next probe may find it down already.
  expect(suspected.status).toBe('up');
  await becomes('down');
  expect((await read()).reason.code).toMatch(/timeout/u);
  peer.signal('SIGCONT');
  await becomes('up');
  expect((await read()).mcp.sessionsLost).toBe(lost);
});

test('a restart that loses the session is not an outage', async () => {
  // As behind a load balancer: while the server restarts new connections wait; the session is gone afterwards.
  const proxy = await CutProxy.open(peer.port);
  const path = '/v1/services/restarted';
  try {
    const check = { intervalMs: 1_000, timeoutMs: 10_000 };
    await server.api('POST', '/v1/services', {
      id: 'restarted',
      name: 'Restarted',
      kind: 'mcp',
      target: `http://127.0.0.1:${proxy.port}/mcp`,
      check,
    });
    await until('it to be up', async () => (await server.api('GET', path)).body.status === 'up');
    proxy.hold();
    await peer.kill();
    await peer.start();
    proxy.release();
    await until(
      'the session to be lost and found',
      async () => (await server.api('GET', path)).body.mcp.sessionsLost === 1,
    );
    expect((await server.api('GET', path)).body).toMatchObject({ status: 'up', flaps: 1 });
    const history: { from: string; to: string }[] = (await server.api('GET', `${path}/history`)).body.transitions;
    expect(history.map(({ from, to }) => `${from}>${to}`)).toEqual(['pending>up']);
  } finally {
    await server.api('DELETE', path);
    await proxy.close();
  }
});
