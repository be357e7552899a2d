/** kill -9 of the whole server in the middle of audited writes: the chain stays whole, and what was acknowledged has its row. */
import { verifyAuditFile } from '@statewire/server';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

/** Each is a start; `KILLS=50` in the nightly run. */
const KILLS = Number(process.env['KILLS'] ?? 8);
const WRITERS = 4;

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server?.close());

test(`[AT1] ${KILLS} kills: after each the chain is whole, and every acknowledged change has exactly its row`, async () => {
  const acked = new Map<string, string>();
  const writer = { isOn: true };
  const write = async (lane: number): Promise<void> => {
    for (let n = 1; writer.isOn; n++) {
      const name = `Writer ${lane} step ${n}`;
      try {
        const reply = await server.api('PATCH', `/v1/services/w${lane}`, { name });
        if (reply.status === 200) acked.set(name, `w${lane}`);
      } catch (error) {
        // The process died under the request: not acknowledged, so nothing is promised. The next name is another one.
        if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  for (let lane = 0; lane < WRITERS; lane++) {
    const body = { id: `w${lane}`, name: `Writer ${lane}`, kind: 'heartbeat', check: { intervalMs: 600_000 } };
    expect((await server.api('POST', '/v1/services', body)).status).toBe(201);
  }
  const writers = Array.from({ length: WRITERS }, (_, lane) => write(lane));
  for (let kill = 0; kill < KILLS; kill++) {
    const floor = acked.size;
    await until('some acknowledged writes', () => acked.size > floor + (kill % 9));
    await server.kill();
    const verdicts = await verifyAuditFile(join(server.data, 'statewire.db'));
    expect(
      verdicts.flatMap(({ flaws }) => flaws),
      `kill ${kill}`,
    ).toEqual([]);
    await server.launch();
  }
  writer.isOn = false;
  await Promise.all(writers);
  const { body } = await server.api('GET', '/v1/audit/verify');
  expect(body).toMatchObject({ isWhole: true, from: 1, flaws: [] });
  const rows = new Map<string, string[]>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { body: { rows: readonly Row[]; next: string | null } } = await server.api(
      'GET',
      `/v1/audit?limit=500&action=services:change${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    for (const { after, target } of page.body.rows) {
      const name = after?.name ?? '';
      rows.set(name, [...(rows.get(name) ?? []), target?.id ?? '']);
    }
    cursor = page.body.next;
  }
  for (const [name, id] of acked) expect(rows.get(name), name).toEqual([id]);
  console.log(`${acked.size} acknowledged changes over ${KILLS} kills, ${body.rows} rows`);
}, 900_000);

interface Row {
  readonly after: { readonly name?: string } | null;
  readonly target: { readonly id: string } | null;
}
