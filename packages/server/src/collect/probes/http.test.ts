import { afterEach, expect, test } from 'vitest';
import { json, send, startRaw, startScripted, type Script } from '../../testing/peers/faults.ts';
import { freePort } from '../../testing/free-port.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import type { ProbeObservation } from '../observation.ts';
import { isExpected } from './http.ts';
import type { CheckPlan } from './plan.ts';

const { probers } = createProbing({ probeBodyBytesMax: 100_000 });
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(script: Script): Promise<Awaited<ReturnType<typeof startScripted>>> {
  const server = await startScripted(script);
  closing.push(() => server.close());
  return server;
}

async function probe(url: string, more: Partial<CheckPlan> = {}): Promise<ProbeObservation> {
  return (await probers.probe(planOf('http', url, { timeoutMs: 600, ...more }))).observation;
}

const said = (observation: ProbeObservation): string => `${observation.verdict} ${observation.reason.code}`;

test.each([
  [200, ['200'], true],
  [204, ['2xx'], true],
  [301, ['200-399'], true],
  [404, ['2xx', '404'], true],
  [500, ['2xx', '400-499'], false],
  [200, [], false],
  [200, ['20', 'abc', '2xxx'], false],
])('[HP1] status %i against %j: %s', (status, expected, isOk) => {
  expect(isExpected(status, expected)).toBe(isOk);
});

test.each<[name: string, script: Script, more: Partial<CheckPlan>, expected: string]>([
  ['200', ({ res }) => send(res, 200, 'fine'), {}, 'healthy ok'],
  ['an unexpected 204', ({ res }) => send(res, 204, ''), { expectStatus: ['200'] }, 'unhealthy unexpected_status'],
  ['an expected 401', ({ res }) => send(res, 401, ''), { expectStatus: ['401'] }, 'healthy ok'],
  ['401', ({ res }) => send(res, 401, ''), {}, 'unhealthy http_4xx'],
  ['403 about the host', ({ res }) => send(res, 403, 'host not allowed'), {}, 'unhealthy http_4xx'],
  ['404', ({ res }) => send(res, 404, ''), {}, 'unhealthy http_4xx'],
  ['429', ({ res }) => send(res, 429, '', { 'retry-after': '3' }), {}, 'degraded rate_limited'],
  ['502', ({ res }) => send(res, 502, ''), {}, 'unhealthy http_5xx'],
  [
    'a redirect',
    ({ res }) => send(res, 302, '', { location: '/' }),
    { expectStatus: ['200'] },
    'unhealthy misconfigured',
  ],
  ['an expected redirect', ({ res }) => send(res, 302, '', { location: '/' }), {}, 'healthy ok'],
  ['a keyword', ({ res }) => send(res, 200, 'all systems go'), { keyword: 'systems' }, 'healthy ok'],
  ['a missing keyword', ({ res }) => send(res, 200, 'oops'), { keyword: 'systems' }, 'unhealthy keyword_missing'],
  ['HEAD', ({ res }) => send(res, 200, ''), { method: 'HEAD', keyword: 'x' }, 'healthy ok'],
  ['silence', () => true, {}, 'unhealthy timeout'],
  [
    'a body that never ends',
    ({ res }) => {
      res.writeHead(200);
      res.write('x');
      return true;
    },
    {},
    'unhealthy timeout_body',
  ],
  ['a large page without a keyword', ({ res }) => send(res, 200, 'x'.repeat(300_000)), {}, 'healthy ok'],
  [
    'a large page with a keyword',
    ({ res }) => send(res, 200, 'x'.repeat(300_000)),
    { keyword: 'y' },
    'unhealthy too_large',
  ],
])('[HP2] %s', async (_name, script, more, expected) => {
  const server = await serve(script);
  const observation = await probe(server.url, more);
  expect(said(observation)).toBe(expected);
  expect(observation.facts['reach']).toMatchObject({ v: 'ok' });
  expect(observation.mcp).toBeNull();
});

test('[HP3] headers and secrets are sent; the observation holds none of them', async () => {
  const server = await serve(({ req, res }) =>
    json(res, req.headers['x-key'] === 's3cret' && req.headers['x-plain'] === 'p' ? 200 : 500, {}),
  );
  const observation = await probe(server.url, { headers: { 'x-plain': 'p' }, secretHeaders: { 'X-Key': 's3cret' } });
  expect(said(observation)).toBe('healthy ok');
  expect(JSON.stringify(observation)).not.toContain('s3cret');
});

test('[HP3] secrets do not follow a redirect to another origin, and do within one', async () => {
  const seen: (string | undefined)[] = [];
  const note: Script = ({ req, res }) => {
    seen.push(req.headers.authorization);
    return req.url === '/mcp' ? send(res, 302, '', { location: '/inside' }) : send(res, 200, '');
  };
  const inside = await serve(note);
  const more = { followRedirects: true, secretHeaders: { authorization: 'Bearer x' } };
  expect(said(await probe(inside.url, more))).toBe('healthy ok');
  expect(seen).toEqual(['Bearer x', 'Bearer x']);
  const outside = await serve(({ res }) => send(res, 302, '', { location: `http://127.0.0.1:${inside.port}/inside` }));
  expect(said(await probe(outside.url, more))).toBe('healthy ok');
  expect(seen.at(-1)).toBeUndefined();
});

test('[HP4] at most three redirects', async () => {
  const server = await serve(({ req, res }) => {
    const n = Number(req.url?.slice(2) ?? 0) || 0;
    return send(res, n === 3 ? 200 : 302, '', { location: `/n${n + 1}` });
  });
  const url = (n: number): string => server.url.replace('/mcp', `/n${n}`);
  expect(said(await probe(url(0), { followRedirects: true }))).toBe('healthy ok');
  const loop = await serve(({ res }) => send(res, 302, '', { location: '/again' }));
  expect(said(await probe(loop.url, { followRedirects: true }))).toBe('unhealthy misconfigured');
  expect(loop.calls).toHaveLength(4);
});

test.each(['ftp://example.org/', 'not a url', 'http://user:pass@127.0.0.1/', 'file:///etc/passwd'])(
  '[HP5] %s is no target',
  async (target) => {
    expect(said(await probe(target))).toBe('unknown bad_target');
  },
);

test('[HP5] a header that cannot be sent is the operator’s to fix', async () => {
  const server = await serve(({ res }) => send(res, 200, ''));
  const observation = await probe(server.url, { headers: { 'x-bad': 'a\r\nb' } });
  expect(said(observation)).toBe('unknown bad_request');
  expect(server.connections.accepted).toBe(0);
});

test('[HP6] nothing listens; a port that speaks something else', async () => {
  const observation = await probe(`http://127.0.0.1:${await freePort()}/`);
  expect(said(observation)).toBe('unhealthy refused');
  expect(observation.facts['reach']).toMatchObject({ v: 'fail', code: 'refused' });
  const other = await startRaw((socket) => void socket.write('220 mail ready\r\n'));
  closing.push(() => other.close());
  expect(said(await probe(other.url))).toBe('unhealthy not_http');
});

test.each([
  [
    'switches to another protocol',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  ],
  ['says nothing and hangs up', ''],
  ['only announces an answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
])('[HP6] a server that %s ends the probe', async (_name, answer) => {
  const odd = await startRaw((socket) => socket.once('data', () => socket.end(answer)));
  closing.push(() => odd.close());
  const observation = await probe(odd.url);
  expect(said(observation)).toBe('unhealthy reset');
  expect(observation.ms).toBeLessThan(500);
});
