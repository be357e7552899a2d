import { createServer, type Server } from 'node:net';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import { startScripted, send } from '../../testing/peers/faults.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbers } from '../probes/index.ts';
import { denialOf } from './addresses.ts';
import { connectorOf } from './connector.ts';
import { createEgress, type Egress } from './egress.ts';

/** Ways to write "this machine" or "its network" that have reached loopback through somebody's guard. */
const FORMS: readonly string[] = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0x7f.0x0.0x0.0x1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.1.',
  '127.000.000.001',
  '127.127.127.127',
  '0',
  '0.0.0.0',
  '0.0.0.1',
  '0x0',
  '00000000',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'foo.localhost',
  'ip6-localhost',
  'ip6-loopback',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[0000::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:0:127.0.0.1]',
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2002:7f00:0001::1]',
  '[2001:0:7f00:1::]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
  '[100::1]',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '%31%32%37.0.0.1',
  '127.0.0.1%00',
  '[fe80::1%25lo]',
  '[::1%25lo]',
  '169.254.169.254',
  '169.254.0.1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '100.64.0.1',
  '100.100.100.200',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '168.63.129.16',
];

describe('[EG1] no form of a private address reaches a listener', () => {
  const listeners: Server[] = [];
  let port = 0;
  let connects = 0;

  beforeAll(async () => {
    port = await listen('127.0.0.1', 0);
    // The same port on the other loopback addresses, so that a form that means one of them finds somebody home.
    for (const host of ['::1', '127.127.127.127']) await listen(host, port).catch(() => 0);
  });
  afterAll(() => {
    for (const listener of listeners) listener.close();
  });
  beforeEach(() => {
    connects = 0;
  });

  function listen(host: string, wanted: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => {
        connects += 1;
        socket.on('error', () => undefined);
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
      });
      server.on('error', reject);
      server.listen(wanted, host, () => {
        const address = server.address();
        listeners.push(server);
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  test('there are at least 60 forms, and the listener can be reached at all', async () => {
    expect(FORMS.length).toBeGreaterThanOrEqual(60);
    const opened = await createEgress({ mode: 'any', allow: [] }).connect({
      host: '127.0.0.1',
      port,
      timeoutMs: 1_000,
    });
    expect(opened.ok).toBe(true);
    if (opened.ok) opened.value.socket.destroy();
    expect(await settled(() => connects)).toBe(1);
  });

  test.each(FORMS)('%s by connect, by a probe of each kind and by undici', async (form) => {
    const egress = createEgress({ mode: 'public', allow: [] });
    const opened = await egress.connect({ host: form, port, timeoutMs: 1_000 });
    expect(opened.ok).toBe(false);

    const probers = probersWith(egress);
    for (const plan of [
      planOf('http', `http://${form}:${port}/`),
      planOf('mcp', `http://${form}:${port}/mcp`),
      planOf('tcp', `${form}:${port}`),
      planOf('tls', `${form}:${port}`),
    ]) {
      const { observation } = await probers.probe({ ...plan, timeoutMs: 1_000 });
      expect(observation.verdict).not.toBe('healthy');
      // Most are refused by name; the rest never became an address.
      expect(['egress_denied', 'dns', 'resolver', 'bad_target', 'timeout_connect']).toContain(observation.reason.code);
    }
    await probers.close();

    const agent = new Agent({ connect: connectorOf(egress, { timeoutMs: 1_000 }) });
    await expect(fetch(`http://${form}:${port}/`, { dispatcher: agent })).rejects.toThrow();
    await agent.destroy();
    expect(await settled(() => connects)).toBe(0);
  });

  test.each(FORMS)('a redirect to %s', async (form) => {
    // Headers are bytes: a server may well send the form in UTF-8.
    const location = Buffer.from(`http://${form}:${port}/`).toString('latin1');
    const door = await startScripted(({ res }) => send(res, 302, '', { location }));
    // Only the door is open, on its port; the place it points to is not.
    const egress = createEgress({ mode: 'public', allow: [{ cidr: '127.0.0.1/32', ports: [door.port] }] });
    const probers = probersWith(egress);
    const { observation } = await probers.probe(
      planOf('http', `http://127.0.0.1:${door.port}/`, { followRedirects: true, timeoutMs: 1_000 }),
    );
    expect(['egress_denied', 'dns', 'resolver', 'misconfigured', 'timeout_connect']).toContain(observation.reason.code);
    await door.close();
    expect(door.calls).toEqual(['GET']);
    expect(await settled(() => connects)).toBe(0);
  });

  test('a name that resolves to a private address, alone or among public ones', async () => {
    for (const answer of [['127.0.0.1'], ['::ffff:127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['fd00::1']]) {
      const egress = createEgress({ mode: 'public', allow: [], lookup: () => Promise.resolve(answer) });
      expect(await egress.connect({ host: 'evil.example', port, timeoutMs: 500 })).toMatchObject({
        ok: false,
        code: 'egress_denied',
      });
    }
    expect(await settled(() => connects)).toBe(0);
  });

  test('a name that changes its mind between two lookups gains nothing', async () => {
    let lookups = 0;
    const egress = createEgress({
      mode: 'public',
      allow: [],
      lookup: () => Promise.resolve(lookups++ % 2 === 0 ? ['192.88.99.1'] : ['127.0.0.1']),
    });
    for (let n = 0; n < 4; n += 1)
      expect((await egress.connect({ host: 'rebind.example', port, timeoutMs: 300 })).ok).toBe(false);
    // One lookup for each connect: what was judged is what would have been dialled.
    expect(lookups).toBe(4);
    expect(await settled(() => connects)).toBe(0);
  });

  test('what the operator lists is open, on its ports only', async () => {
    const egress = createEgress({ mode: 'public', allow: [{ cidr: '127.0.0.0/8', ports: [port] }] });
    const opened = await egress.connect({ host: '::ffff:127.0.0.1', port, timeoutMs: 1_000 });
    expect(opened.ok).toBe(true);
    if (opened.ok) opened.value.socket.destroy();
    expect(await egress.connect({ host: '127.0.0.1', port: port + 1, timeoutMs: 1_000 })).toMatchObject({
      code: 'egress_denied',
    });
  });
});

test('[EG2] a refusal says what, why and what to do', async () => {
  const refused = await createEgress({ mode: 'public', allow: [] }).check('10.1.2.3', 80);
  expect(refused).toMatchObject({
    ok: false,
    code: 'egress_denied',
    message:
      'The target is a private address; probes of this server may only reach public addresses. To allow it, set STATEWIRE_EGRESS=any or list its range under egress.allow in the configuration.',
  });
});

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'])(
  '[EG3] %s is an ordinary public address',
  (address) => {
    expect(denialOf(address)).toBeNull();
  },
);

test('[EG4] a range that cannot be read stops the start', () => {
  expect(() => createEgress({ mode: 'public', allow: [{ cidr: '10.0.0.0' }] })).toThrow(
    'found "10.0.0.0", expected a range',
  );
});

test('[EG5] a name server that never answers costs the connect timeout and no more', async () => {
  const egress = createEgress({ mode: 'any', allow: [], lookup: () => new Promise(() => undefined) });
  const startedAt = systemClock.mono();
  expect(await egress.connect({ host: 'slow.example', port: 80, timeoutMs: 50 })).toMatchObject({
    code: 'timeout_connect',
  });
  expect(systemClock.mono() - startedAt).toBeLessThan(1_000);
});

test('[EG5] a name without an address, a name that does not exist and an abort', async () => {
  const nothing = createEgress({ mode: 'any', allow: [], lookup: () => Promise.resolve([]) });
  expect(await nothing.connect({ host: 'empty.example', port: 80, timeoutMs: 500 })).toMatchObject({ code: 'dns' });
  const missing = createEgress({
    mode: 'any',
    allow: [],
    lookup: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
  });
  expect(await missing.connect({ host: 'gone.example', port: 80, timeoutMs: 500 })).toMatchObject({ code: 'dns' });
  const hanging = createEgress({ mode: 'any', allow: [], lookup: () => new Promise(() => undefined) });
  const abort = new AbortController();
  const connecting = hanging.connect({ host: 'slow.example', port: 80, timeoutMs: 60_000, signal: abort.signal });
  abort.abort();
  expect(await connecting).toMatchObject({ code: 'aborted' });
});

test('[EG6] several addresses: the one that answers is used', async () => {
  const server = await startScripted();
  const egress = createEgress({ mode: 'any', allow: [], lookup: () => Promise.resolve(['::1', '127.0.0.1']) });
  const opened = await egress.connect({ host: 'dual.example', port: server.port, timeoutMs: 2_000 });
  expect(opened.ok).toBe(true);
  if (opened.ok) opened.value.socket.destroy();
  await server.close();
  expect(await egress.connect({ host: 'dual.example', port: server.port, timeoutMs: 2_000 })).toMatchObject({
    code: 'refused',
  });
});

function probersWith(egress: Egress): ReturnType<typeof createProbers> {
  return createProbers({ clock: systemClock, egress, limits, env: {}, onTrip: () => undefined });
}

/** The value after connections under way had a turn of the event loop to arrive. */
function settled<T>(value: () => T): Promise<T> {
  return new Promise((resolve) => {
    systemClock.after(5, () => resolve(value()));
  });
}
