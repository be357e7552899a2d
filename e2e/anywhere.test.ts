/** The client is one piece of code: in a page, in a web worker, in a worker thread and in the main thread of Node. */
import { createServer, type Server } from 'node:http';
import { Worker } from 'node:worker_threads';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '@statewire/client';
import { launchBrowser } from './harness/browser.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let pages: Server;
let browser: Browser;
let key: string;

/** Runs wherever it is put: waits for the record, says its title, then waits for its next title. */
const PROGRAM = (url: string, token: string, say: string): string => `
  const client = createClient({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(token)} });
  client.jobs.where({ kind: 'anywhere' }).subscribe((state) => { for (const row of state.rows) ${say}(row.title); });
`;

beforeAll(async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  server = await TestServer.start({ STATEWIRE_ORIGINS: origin });
  key = (await server.api('POST', '/v1/keys', { name: 'reader', scope: 'read' })).body.secret;
  const bundled = await build({
    logLevel: 'silent',
    configFile: false,
    resolve: { conditions: ['source'] },
    build: { write: false, lib: { entry: 'packages/client/src/index.ts', formats: ['es'] }, minify: false },
  });
  const output = Array.isArray(bundled) ? bundled[0] : bundled;
  const code = output !== undefined && 'output' in output ? output.output[0].code : '';
  const files: Readonly<Record<string, string>> = {
    '/client.js': code,
    '/worker.js': `import { createClient } from '/client.js'; ${PROGRAM(server.url, key, 'postMessage')}`,
    '/page.js': `import { createClient } from '/client.js';
      const say = (where) => (title) => { document.getElementById(where).textContent = title; };
      const show = say('page'); ${PROGRAM(server.url, key, 'show')}
      new Worker('/worker.js', { type: 'module' }).onmessage = (event) => say('worker')(event.data);`,
    '/': '<!doctype html><title>anywhere</title><p id="page"></p><p id="worker"></p><script type="module" src="/page.js"></script>',
  };
  pages = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': request.url?.endsWith('.js') === true ? 'text/javascript' : 'text/html',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => pages.listen(port, '127.0.0.1', resolve));
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  pages?.close();
  await server?.close();
});

test('a page, a web worker, a worker thread and the main thread all see the same change', async () => {
  const report = async (title: string): Promise<void> => {
    expect(
      (
        await server.api('POST', '/v1/reports', {
          collection: 'jobs',
          id: 'x',
          kind: 'anywhere',
          title,
          state: 'running',
        })
      ).status,
    ).toBe(200);
  };
  await report('first');
  const seen = { thread: '', main: '' };
  const thread = new Worker(
    `import { createClient } from '@statewire/client'; import { parentPort } from 'node:worker_threads';
     ${PROGRAM(server.url, key, 'parentPort.postMessage')}`,
    { eval: true, execArgv: ['--conditions=source', '--input-type=module'] },
  );
  thread.on('message', (title: string) => (seen.thread = title));
  const client = createClient({ url: server.url, token: key });
  client.jobs.where({ kind: 'anywhere' }).subscribe((state) => (seen.main = state.rows[0]?.title ?? ''));
  const page = await browser.newPage();
  const address = pages.address();
  await page.goto(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`);
  try {
    for (const title of ['first', 'second']) {
      await report(title);
      await until(`"${title}" everywhere`, async () => {
        const inPage = await page.locator('#page').textContent();
        const inWorker = await page.locator('#worker').textContent();
        return [inPage, inWorker, seen.thread, seen.main].every((each) => each === title);
      });
    }
  } finally {
    client.close();
    await thread.terminate();
  }
});
