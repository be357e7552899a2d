/** Tools that change under a running server are seen, told apart, and accepted by a person. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { Peer } from '../packages/server/src/testing/peers/peer.ts';
import { launchBrowser } from './harness/browser.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let peer: Peer;
let browser: Browser;

beforeAll(async () => {
  const port = await freePort();
  const bin = join(import.meta.dirname, 'peers', 'modern.ts');
  peer = await new Peer({ bin, env: { PORT: String(port) }, port }).start();
  server = await TestServer.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await peer?.stop();
});

const PATH = '/v1/services/tools';
const mcp = async () => (await server.api('GET', PATH)).body.mcp;
const drift = async (): Promise<unknown> => (await mcp())?.drift;

test('an announced tool, a description rewritten without a word, and a person who accepts both', async () => {
  const check = { intervalMs: 1_000, timeoutMs: 5_000, inventoryMs: 1_000 };
  const made = await server.api('POST', '/v1/services', {
    id: 'tools',
    name: 'Tools',
    kind: 'mcp',
    target: `http://127.0.0.1:${peer.port}/mcp`,
    check,
  });
  expect(made.status).toBe(201);
  await until('the first list', async () => (await mcp())?.tools === 2);
  expect(await mcp()).toMatchObject({ era: 'modern', drift: { added: [], removed: [], changed: [] } });
  const accepted = (await mcp()).acceptedFingerprint;
  expect((await mcp()).fingerprint).toBe(accepted);

  await fetch(`http://127.0.0.1:${peer.port}/drift`, { method: 'POST' });
  await until('the new tool', async () => (await mcp()).tools === 3);
  expect(await drift()).toEqual({ added: ['extra'], removed: [], changed: [] });
  await fetch(`http://127.0.0.1:${peer.port}/rewrite`, { method: 'POST' });
  await until(
    'the rewritten tool',
    async () => JSON.stringify(await drift()) === JSON.stringify({ added: ['extra'], removed: [], changed: ['add'] }),
  );
  expect((await mcp()).acceptedFingerprint).toBe(accepted);
  const inventory = (await server.api('GET', `${PATH}/inventory`)).body;
  expect(inventory.inventory.tools.map((tool: { name: string }) => tool.name)).toEqual(
    expect.arrayContaining(['add', 'broken', 'extra']),
  );
  expect(inventory.accepted.tools).toHaveLength(2);

  // The same on the page: every tool, what came, and the button that accepts it.
  const context = await browser.newContext();
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(`${server.url}/services/tools`);
  await page.getByText('Came later.').first().waitFor();
  await page.getByText('Adds two numbers.').first().waitFor();
  await page.getByRole('button', { name: 'Accept' }).click();
  await until('the accepted tools', async () => (await mcp()).acceptedFingerprint !== accepted);
  await context.close();
  expect(await mcp()).toMatchObject({ drift: { added: [], removed: [], changed: [] } });
  expect((await mcp()).acceptedFingerprint).not.toBe(accepted);
  // Accepted is accepted, also across a restart of ours.
  await server.kill();
  await server.launch();
  await until('a probe after the restart', async () => (await server.api('GET', PATH)).body.lastOkAt > 0);
  expect(await mcp()).toMatchObject({ tools: 3, drift: { added: [], removed: [], changed: [] } });
});
