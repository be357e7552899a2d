/** A tab that was cut off gets one catch-up with what changed, and holds exactly what the server holds. */
import { createClient, type Client } from '@statewire/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CutProxy } from './harness/cut.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const RECORDS = 1_000;
const TOUCHED = 500;
const CHANGES = 5_000;
/** How long the cut lasts: several tries of the client. `CUT_S=60` in the nightly run, so that every backoff has its turn. */
const CUT_MS = Number(process.env['CUT_S'] ?? 15) * 1_000;

let server: TestServer;
let proxy: CutProxy;
let client: Client;

beforeAll(async () => {
  server = await TestServer.start();
  proxy = await CutProxy.open(server.port);
  client = createClient({ url: `http://127.0.0.1:${proxy.port}`, token: ADMIN_KEY });
});

afterAll(async () => {
  client?.close();
  await proxy?.close();
  await server?.close();
});

test(`a cut of ${CUT_MS / 1000} s with ${CHANGES} changes on ${TOUCHED} of ${RECORDS} records costs one catch-up of the changed records only`, async () => {
  const ids = Array.from({ length: RECORDS }, (_, i) => `job-${i}`);
  const report = async (some: readonly string[], fields: (id: string) => object): Promise<void> => {
    for (let from = 0; from < some.length; from += 500) {
      const items = some.slice(from, from + 500).map((id) => ({ collection: 'jobs', id, kind: 'scan', ...fields(id) }));
      expect((await server.api('POST', '/v1/reports', items)).status).toBe(200);
    }
  };
  await report(ids, (id) => ({
    title: `Scan ${id}`,
    state: 'running',
    total: 100_000,
    leaseMs: 3_600_000,
    message: 'x'.repeat(200),
  }));

  const updates: { changed: number }[] = [];
  let before = new Map<string, unknown>();
  const live = client.jobs.subscribe((state) => {
    const now = new Map(state.rows.map((row) => [row.id, row as unknown]));
    updates.push({ changed: [...now].filter(([id, row]) => before.get(id) !== row).length });
    before = now;
  });
  await until('the first snapshot', () => live.view.get().rows.length === RECORDS && live.view.get().status === 'live');
  const snapshotBytes = proxy.down;

  proxy.cut();
  const cutAt = performance.now();
  await until('the view to know that it is not live', () => live.view.get().status !== 'live');
  expect(live.view.get().rows.length).toBe(RECORDS);
  const touched = ids.slice(0, TOUCHED);
  const rounds = CHANGES / TOUCHED;
  for (let round = 1; round <= rounds; round++) {
    await report(touched, () => ({ done: round }));
    const waitMs = cutAt + (CUT_MS * round) / rounds - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
  }

  proxy.down = 0;
  updates.length = 0;
  proxy.mend();
  await until(
    'the view to be current',
    () => live.view.get().status === 'live' && touched.every((id) => live.view.get().get(id)?.progress.done === rounds),
  );
  const changed = updates.filter((update) => update.changed > 0);
  console.log(
    `catch-up: ${proxy.down} bytes for ${TOUCHED} changed records (first snapshot: ${snapshotBytes} bytes for ${RECORDS})`,
  );
  expect(changed.length).toBe(1);
  expect(changed[0]?.changed).toBe(TOUCHED);
  expect(proxy.down).toBeLessThan(snapshotBytes / 3);

  const truth = new Map<string, object>();
  for (let cursor = ''; ;) {
    const { body } = await server.api('GET', `/v1/jobs?limit=500${cursor}`);
    for (const row of body.rows) truth.set(row.id, row);
    if (body.next === null) break;
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
  expect(truth.size).toBe(RECORDS);
  for (const row of live.view.get().rows) expect(row).toEqual(truth.get(row.id));
  live.close();
});
