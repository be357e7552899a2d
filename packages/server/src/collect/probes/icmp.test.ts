import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createEgress } from '../egress/egress.ts';
import type { ProbeObservation } from '../observation.ts';
import { createProbers } from './index.ts';
import type { CheckPlan } from './plan.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with a `ping` that runs this script. */
function pingOf(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'statewire-ping-'));
  folders.push(folder);
  writeFileSync(join(folder, 'ping'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'ping'), 0o755);
  return folder;
}

async function probe(
  path: string,
  target = '127.0.0.1',
  more: Partial<CheckPlan> = {},
  mode: 'any' | 'public' = 'any',
): Promise<ProbeObservation> {
  const egress = createEgress({ mode, allow: [], lookup: () => Promise.resolve(['127.0.0.1']) });
  const probers = createProbers({
    clock: systemClock,
    egress,
    limits,
    env: { PATH: path, SECRET: 's3cret' },
    onTrip: () => undefined,
  });
  return (await probers.probe(planOf('icmp', target, { timeoutMs: 1_500, connectTimeoutMs: 300, ...more })))
    .observation;
}

const said = ({ verdict, reason, facts }: ProbeObservation): string =>
  `${verdict} ${reason.code} ${Object.entries(facts)
    .map(([name, { v }]) => `${name}:${v}`)
    .join(' ')}`;

const SYSTEM = '/usr/sbin:/usr/bin:/sbin:/bin';
const answered = (received: number): string =>
  `echo "3 packets transmitted, ${received} received, x% packet loss, time 400ms"; echo "rtt min/avg/max/mdev = 0.010/1.250/2.000/0.100 ms"`;

test('[CK8] the real ping and this machine', async () => {
  const observation = await probe(SYSTEM);
  expect(said(observation)).toBe('healthy ok reach:ok loss:ok');
  expect(observation.latencyMs).toBeLessThan(50);
});

test.each([
  [3, 'healthy ok reach:ok loss:ok'],
  [2, 'healthy ok reach:ok loss:ok'],
  [1, 'unhealthy packets_lost reach:ok loss:fail'],
  [0, 'unhealthy no_echo reach:fail'],
])('[CK8] %i of 3 answers', async (received, expected) => {
  const observation = await probe(`${pingOf(answered(received))}:${SYSTEM}`);
  expect(said(observation)).toBe(expected);
});

test('[CK8] conditions judge the loss and the latency', async () => {
  const path = `${pingOf(answered(2))}:${SYSTEM}`;
  expect(said(await probe(path, '127.0.0.1', { conditions: ['value < 40 && latency == 1.3'] }))).toContain(
    'healthy ok',
  );
  expect(said(await probe(path, '127.0.0.1', { degradedConditions: ['value == 0'] }))).toContain(
    'degraded condition_degraded',
  );
});

test('[CK8] the address that was judged is pinged, as one word, with nothing of our environment', async () => {
  const folder = pingOf(`printf '%s\\n' "$*" > "$(dirname "$0")/said"; env >> "$(dirname "$0")/said"; ${answered(3)}`);
  await probe(`${folder}:${SYSTEM}`, 'a.example');
  const text = readFileSync(join(folder, 'said'), 'utf8');
  expect(text.split('\n')[0]).toBe('-n -q -c 3 -i 0.2 127.0.0.1');
  expect(text).not.toContain('s3cret');
});

test('[CK8] an address that may not be reached is not pinged', async () => {
  const folder = pingOf(`touch "$(dirname "$0")/called"`);
  expect(said(await probe(`${folder}:${SYSTEM}`, '127.0.0.1', {}, 'public'))).toBe(
    'unknown egress_denied reach:unknown',
  );
  expect(() => readFileSync(join(folder, 'called'))).toThrow('ENOENT');
});

test('[CK8] without the program or the right, nobody is judged and the reason says what to do', async () => {
  const missing = await probe(tmpdir());
  expect(said(missing)).toBe('unknown no_ping reach:unknown');
  expect(missing.reason.text).toContain('install iputils-ping');
  const refused = await probe(`${pingOf('echo "ping: socket: Operation not permitted" >&2; exit 2')}:${SYSTEM}`);
  expect(said(refused)).toBe('unknown no_ping reach:unknown');
  expect(refused.reason.text).toContain('net.ipv4.ping_group_range');
});

test('[CK8] a ping that does not end is ended', async () => {
  const observation = await probe(`${pingOf('trap "" INT; while :; do sleep 0.1; done')}:${SYSTEM}`);
  expect(said(observation)).toBe('unhealthy no_echo reach:fail');
  expect(observation.ms).toBeLessThan(3_500);
});
