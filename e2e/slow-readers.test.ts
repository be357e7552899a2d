/** A hundred callers that stop reading cost the nine hundred others nothing, and the server bounded memory. */
import { PROTOCOL_VERSION, SUBPROTOCOL } from '@statewire/protocol';
import { limits } from '@statewire/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ADMIN_KEY, COLLECTS, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const CALLERS = 1_000;
const STALLED = 100;
const RECORDS = 160;
const ROUNDS = 60;
const ROUND_MS = 100;
/** Bytes of text in each update: what a stalled caller misses is far more than its window. */
const TEXT = 450;

let server: TestServer;
const callers: Caller[] = [];

/** A caller that reads frames, acknowledges them, and notes how old each delta is when it arrives. */
class Caller {
  readonly #socket: WebSocket;
  #frames = 0;
  bytes = 0;
  rows = 0;
  readonly delays: number[] = [];
  done = '';

  constructor(url: string) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/live`, SUBPROTOCOL);
    this.#socket.on('open', () => {
      this.#send({
        t: 'hello',
        p: PROTOCOL_VERSION,
        token: ADMIN_KEY,
        client: 'slow-readers',
        subs: [{ t: 'sub', s: 1, c: 'jobs', iv: 100 }],
      });
    });
    this.#socket.on('message', (data: Buffer) => this.#receive(data));
    this.#socket.on('error', () => {});
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer): void {
    this.bytes += data.length;
    // Each message is one frame; only its head and the newest text matter here.
    const frame = JSON.parse(data.toString()) as {
      t: string;
      at?: number;
      r?: unknown[];
      o?: [number, number, Record<string, unknown> | null][];
    };
    if (frame.t === 's') this.rows += frame.r?.length ?? 0;
    if (frame.t === 'd') {
      this.delays.push(Date.now() - (frame.at ?? 0));
      for (const [, , set] of frame.o ?? []) {
        const message = set?.['progress.message'];
        if (typeof message === 'string') this.done = message.slice(0, message.indexOf(' '));
      }
    }
    if (frame.t !== 's' && frame.t !== 'd') return;
    this.#frames += 1;
    this.#send({ t: 'a', n: this.#frames });
  }

  #send(frame: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}

beforeAll(async () => {
  server = await TestServer.start(COLLECTS);
});

afterAll(async () => {
  for (const caller of callers) caller.close();
  await server?.close();
});

test(`${STALLED} of ${CALLERS} subscribers stop reading`, async () => {
  const ids = Array.from({ length: RECORDS }, (_, i) => `job-${i}`);
  const write = async (round: number): Promise<void> => {
    const items = ids.map((id) => ({
      collection: 'jobs',
      id,
      kind: 'scan',
      title: id,
      state: 'running',
      leaseMs: 3_600_000,
      message: `r${round} ${'x'.repeat(TEXT)}`,
    }));
    const { body } = await server.api('POST', '/v1/reports', items);
    expect(body.results.filter((result: { ok: boolean }) => !result.ok)).toEqual([]);
  };
  const rounds = async (from: number): Promise<void> => {
    const startedAt = performance.now();
    for (let round = 0; round < ROUNDS; round++) {
      await write(from + round);
      const waitMs = startedAt + (round + 1) * ROUND_MS - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  };
  const system = async () => (await server.api('GET', '/v1/system')).body;
  await write(0);
  for (let i = 0; i < CALLERS; i++) callers.push(new Caller(server.url));
  await until('all snapshots', () => callers.every((caller) => caller.rows === RECORDS), 60_000);
  const stalled = callers.slice(0, STALLED);
  const reading = callers.slice(STALLED);
  const p99 = (): number => {
    const all = reading.flatMap((caller) => caller.delays.splice(0)).sort((a, b) => a - b);
    return all[Math.floor(all.length * 0.99)] ?? Number.NaN;
  };

  await rounds(1);
  const before = p99();
  const memoryBefore = await server.memory();
  for (const caller of stalled) caller.pause();
  const bytesBefore = stalled.map((caller) => caller.bytes);
  await rounds(1_001);
  const during = p99();
  const now = await system();
  const moreMb = ((await server.memory()) - memoryBefore) / 1_048_576;
  const missed = ROUNDS * RECORDS * TEXT;
  console.log(
    `others' p99: ${before} ms before, ${during} ms during; lagging ${now.live.lagging}; server memory ${moreMb.toFixed(1)} MB more; each stalled caller missed ${(missed / 1_048_576).toFixed(1)} MB`,
  );
  expect(now.live.lagging).toBe(STALLED);
  // Two noisy cores: the same within a frame's time and half as much again.
  expect(during).toBeLessThan(before * 1.5 + 100);
  // The window is the most that is kept for a caller that does not read; the rest is one version per view.
  expect(moreMb).toBeLessThan((STALLED * (limits.windowBytes + limits.socketQueueBytesMax)) / 1_048_576);

  await write(9_999);
  for (const caller of stalled) caller.resume();
  const last = 'r9999';
  await until('the stalled to have the newest state', () => stalled.every((caller) => caller.done === last), 60_000);
  const sent = stalled.map((caller, i) => caller.bytes - (bytesBefore[i] ?? 0));
  const share = Math.max(...sent) / missed;
  console.log(`after resuming a stalled caller got at most ${(share * 100).toFixed(1)} % of what it missed`);
  expect(share).toBeLessThan(0.15);
  await until('nobody to lag', async () => (await system()).live.lagging === 0);
}, 300_000);
