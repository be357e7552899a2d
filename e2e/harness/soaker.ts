/**
 * A client that lives for hours of driven time against a fake server in this process: changes all the time, views that
 * come and go, cuts, lost history, sleep, commands. Prints one line of JSON: the heap without garbage after each eighth
 * of the run, and whether every view still equals the truth. Run with `--expose-gc` and the number of changes.
 */
import { createClient } from '@statewire/client/core';
import { FakeEnv, FakeServer } from '@statewire/client/testing';

/** 100 changes a second, told ten at a time. */
const STEP_MS = 100;
const PER_STEP = 10;
const RECORDS = 2_000;
const WORDS = ['up', 'degraded', 'down', 'paused'] as const;

const steps = Math.ceil(Number(process.argv[2]) / PER_STEP);
const { gc } = globalThis;
if (gc === undefined || !(steps >= 8)) throw new Error('usage: node --expose-gc soaker.ts CHANGES (80 or more)');

const env = new FakeEnv();
const server = new FakeServer({ now: () => env.now() });
const sw = createClient({ url: 'http://fake.test', env, dial: server.dial });

// Chance from a seed, so that every run is the same run.
let seed = 7;
const chance = (below: number): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * below);
};
const change = (
  n: number,
): { collection: string; fields: { id: string; status: string; n: number; text: string } } => ({
  collection: 'services',
  fields: { id: `s${chance(RECORDS)}`, status: WORDS[chance(4)] ?? 'up', n, text: `looked at for the ${n}th time` },
});

const watched = [
  sw.collection('services').view(),
  sw
    .collection('services')
    .where({ status: ['down', 'degraded'] })
    .view(),
  sw.collection('services').fields(['status']).view(),
];
let told = 0;
for (const view of watched) view.subscribe(() => (told += 1));
let passing: (() => void)[] = [];

const heaps: number[] = [];
const eighth = Math.floor(steps / 8);
for (let step = 1; step <= eighth * 8; step += 1) {
  server.commit(Array.from({ length: PER_STEP }, (_, i) => change(step * PER_STEP + i)));
  if (step % 7 === 0) server.remove('services', `s${chance(RECORDS)}`);
  await env.advance(STEP_MS);
  // Each ten seconds the watermark; the fake server's own memory of what it was told is not what is measured.
  if (step % 100 === 0) {
    server.beat();
    server.received.length = 0;
  }
  // Short, because the fake one looks through all of it with each change; who resumes from before gets a reconcile.
  if (step % 20 === 0) server.forgetHistory();
  // A page is left and another one opened.
  if (step % 600 === 0) {
    for (const leave of passing) leave();
    const n = chance(50);
    passing = [
      sw
        .collection('services')
        .where({ status: WORDS[chance(4)] ?? 'up' })
        .view()
        .subscribe(() => undefined),
      sw
        .collection('services')
        .where(['gte', 'n', n])
        .view()
        .subscribe(() => undefined),
      sw
        .collection('services')
        .record(`s${chance(RECORDS)}`)
        .subscribe(() => undefined),
    ];
    void sw.collection('services').patch(`s${chance(RECORDS)}`, { name: `renamed at ${step}` }, { optimistic: true });
  }
  if (step % 6_000 === 0) server.cut();
  if (step % 9_000 === 0) env.signal(step % 18_000 === 0 ? 'visible' : 'hidden');
  if (step % 18_000 === 0) {
    sw.disconnect();
    sw.connect();
  }
  if (step % eighth === 0) {
    await env.advance(20_000);
    gc();
    heaps.push(process.memoryUsage().heapUsed);
  }
}

await env.advance(60_000);
const all = watched[0]?.get();
const rows = all?.rows ?? [];
const isTrue =
  all?.status === 'live' &&
  rows.length > RECORDS / 2 &&
  rows.every((row) => server.get('services', row.id)?.['n'] === row['n']) &&
  watched[1]?.rows.length === rows.filter(({ status }) => status === 'down' || status === 'degraded').length;
sw.close();
process.stdout.write(`${JSON.stringify({ changes: eighth * 8 * PER_STEP, told, heaps, isTrue, left: env.pending })}\n`);
