import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import { makeCertificate } from '../../testing/peers/certificate.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import { createEgress } from '../egress/egress.ts';
import type { ProbeObservation } from '../observation.ts';
import { createProbers, type Probers } from './index.ts';
import type { CheckPlan } from './plan.ts';

const { probers } = createProbing();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Said {
  readonly status: number;
  readonly serving: number | null;
}

/** A health service: by the name that is asked for. */
type Health = (service: string, headers: IncomingHttpHeaders) => Said | 'http' | 'silence' | 'cut';

async function serve(
  health: Health,
  tls: { cert: string; key: string } | null = null,
): Promise<{ port: number; open: () => number }> {
  const sessions = new Set<ServerHttp2Session>();
  const server: Http2SecureServer | Http2Server = tls === null ? createServer() : createSecureServer(tls);
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const body = Buffer.concat(chunks);
      const service = body.length > 5 ? body.subarray(7).toString() : '';
      const said = headers[':path'] === '/grpc.health.v1.Health/Check' ? health(service, headers) : 'http';
      answer(stream, said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, open: () => sessions.size };
}

function answer(stream: ServerHttp2Stream, said: ReturnType<Health>): void {
  if (said === 'silence') return;
  if (said === 'cut') stream.session?.destroy();
  else if (said === 'http') {
    stream.respond({ ':status': 200, 'content-type': 'text/html' });
    stream.end('<html>');
  } else if (said.serving === null) {
    const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': `${said.status}` };
    stream.respond(headers, { endStream: true });
  } else {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': `${said.status}` }));
    const message = said.serving === 0 ? Buffer.alloc(0) : Buffer.from([8, said.serving]);
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
  }
}

async function probe(port: number, more: Partial<CheckPlan> = {}, by: Probers = probers): Promise<ProbeObservation> {
  return (await by.probe(planOf('grpc', `127.0.0.1:${port}`, { timeoutMs: 500, ...more }))).observation;
}

const said = ({ verdict, reason, facts }: ProbeObservation): string =>
  `${verdict} ${reason.code} ${Object.entries(facts)
    .map(([name, { v }]) => `${name}:${v}`)
    .join(' ')}`;

test.each<[name: string, health: Health, expected: string]>([
  ['serving', () => ({ status: 0, serving: 1 }), 'healthy ok reach:ok protocol:ok serving:ok'],
  ['not serving', () => ({ status: 0, serving: 2 }), 'unhealthy not_serving reach:ok protocol:ok serving:fail'],
  ['unknown', () => ({ status: 0, serving: 0 }), 'unhealthy not_serving reach:ok protocol:ok serving:fail'],
  ['an unknown service', () => ({ status: 5, serving: null }), 'unhealthy service_unknown reach:ok protocol:fail'],
  ['no health service', () => ({ status: 12, serving: null }), 'unhealthy no_health_service reach:ok protocol:fail'],
  ['unauthenticated', () => ({ status: 16, serving: null }), 'degraded needs_auth reach:ok protocol:ok auth:fail'],
  ['permission denied', () => ({ status: 7, serving: null }), 'degraded forbidden reach:ok protocol:ok auth:fail'],
  ['too many requests', () => ({ status: 8, serving: null }), 'degraded rate_limited reach:ok protocol:warn'],
  ['unavailable', () => ({ status: 14, serving: null }), 'unhealthy grpc_error reach:ok protocol:fail'],
  ['a web page', () => 'http', 'unhealthy not_grpc reach:ok protocol:fail'],
  ['silence', () => 'silence', 'unhealthy timeout reach:ok protocol:fail'],
])('[CK7] %s', async (_name, health, expected) => {
  const { port } = await serve(health);
  expect(said(await probe(port))).toBe(expected);
});

test('[CK7] a connection that is cut', async () => {
  const { port } = await serve(() => 'cut');
  expect(said(await probe(port))).toMatch(/^unhealthy (reset|not_grpc) reach:ok protocol:fail$/);
});

test('[CK7] the service that is asked about, headers and the token are sent', async () => {
  const { port } = await serve((service, headers) => ({
    status: service === 'shop.Orders' && headers['authorization'] === 'Bearer t0ken' && headers['x-a'] === 'b' ? 0 : 5,
    serving: service === 'shop.Orders' ? 1 : null,
  }));
  const more = { credentials: { token: 't0ken' }, headers: { 'X-A': 'b' } };
  const settings = { kind: 'grpc', service: 'shop.Orders', encryption: 'off' } as const;
  expect(said(await probe(port, { ...more, probe: settings }))).toContain('healthy ok');
  expect(said(await probe(port, more))).toContain('unhealthy service_unknown');
});

test('[CK7] over TLS the certificate is a fact', async () => {
  const day = 86_400_000;
  const at = (days: number): Date => new Date(systemClock.now() + days * day);
  const made = makeCertificate({ name: 'localhost', hosts: ['127.0.0.1'], notBefore: at(-1), notAfter: at(5.5) });
  const egress = createEgress({ mode: 'any', allow: [], ca: [made.cert] });
  const trusting = createProbers({ clock: systemClock, egress, limits, env: {}, onTrip: () => undefined });
  const { port } = await serve(() => ({ status: 0, serving: 1 }), made);
  const settings = { kind: 'grpc', service: '', encryption: 'on' } as const;
  const observation = await probe(port, { probe: settings }, trusting);
  expect(said(observation)).toBe('degraded tls_expires_soon reach:ok certificate:warn protocol:ok serving:ok');
  expect(observation.certificate?.daysLeft).toBe(5);
});

test('[CK7] two hundred probes leave no session behind', async () => {
  const peer = await serve(() => ({ status: 0, serving: 1 }));
  for (let i = 0; i < 200; i += 1) await probe(peer.port);
  await expect.poll(peer.open).toBe(0);
});
