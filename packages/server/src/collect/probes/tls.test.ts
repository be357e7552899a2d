import { createServer as createHttps } from 'node:https';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import { makeCertificate, type CertificateOptions, type Made } from '../../testing/peers/certificate.ts';
import { startScripted } from '../../testing/peers/faults.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createEgress } from '../egress/egress.ts';
import { createProbers, type Probers } from './index.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(systemClock.now() + days * DAY_MS);
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function made(more: Partial<CertificateOptions> = {}): Made {
  return makeCertificate({
    name: 'localhost',
    hosts: ['localhost', '127.0.0.1'],
    notBefore: inDays(-10),
    notAfter: inDays(60),
    ...more,
  });
}

function trusting(...certificates: readonly Made[]): Probers {
  const egress = createEgress({ mode: 'any', allow: [], ca: certificates.map(({ cert }) => cert) });
  return createProbers({ clock: systemClock, egress, limits, env: {}, onTrip: () => undefined });
}

function listen(server: Server): Promise<number> {
  closing.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

const tlsServer = (options: TlsOptions): Promise<number> =>
  listen(createServer(options, (socket) => socket.on('error', () => undefined)).on('tlsClientError', () => undefined));
const httpsServer = (options: TlsOptions): Promise<number> =>
  listen(createHttps(options, (_req, res) => res.end('fine')).on('tlsClientError', () => undefined));

/** Certificates, and what a tls check and an http check over them say. */
const authority = made({ name: 'An authority' });
const cases: readonly (readonly [name: string, cert: Made, isTrusted: boolean, tls: string, http: string])[] = [
  ['a good certificate', made(), true, 'healthy ok ok', 'healthy ok'],
  [
    'one that expires in 5 days',
    made({ notAfter: inDays(5.5) }),
    true,
    'degraded tls_expires_soon warn',
    'degraded tls_expires_soon',
  ],
  ['an expired one', made({ notAfter: inDays(-1) }), true, 'unhealthy tls_expired fail', 'unhealthy tls_expired'],
  [
    'one for another host',
    made({ hosts: ['example.org'] }),
    true,
    'unhealthy tls_hostname fail',
    'unhealthy tls_hostname',
  ],
  ['a self-signed one', made(), false, 'degraded tls_self_signed warn', 'unhealthy tls_self_signed'],
  [
    'one of an unknown authority',
    made({ issuer: authority }),
    false,
    'unhealthy tls_untrusted fail',
    'unhealthy tls_untrusted',
  ],
  [
    'one that is not valid yet',
    made({ notBefore: inDays(1) }),
    true,
    'unhealthy tls_not_yet_valid fail',
    'unhealthy tls_not_yet_valid',
  ],
];

test.each(cases)('[TL1] %s', async (_name, certificate, isTrusted, tls, http) => {
  const probers = trusting(...(isTrusted ? [certificate] : []));
  const port = await tlsServer(certificate);
  const { observation } = await probers.probe(planOf('tls', `127.0.0.1:${port}`, { certificateDays: 14 }));
  expect(`${observation.verdict} ${observation.reason.code} ${observation.facts['certificate']?.v ?? ''}`).toBe(tls);
  expect(observation.certificate?.issuer).toBe(_name.includes('authority') ? 'An authority' : 'localhost');
  const web = await probers.probe(
    planOf('http', `https://127.0.0.1:${await httpsServer(certificate)}/`, { certificateDays: 14 }),
  );
  expect(`${web.observation.verdict} ${web.observation.reason.code}`).toBe(http);
});

test('[TL2] days left and expiry are reported', async () => {
  const certificate = made({ notAfter: inDays(60.5) });
  const port = await tlsServer(certificate);
  const { observation } = await trusting(certificate).probe(planOf('tls', `127.0.0.1:${port}`));
  expect(observation.certificate).toMatchObject({ daysLeft: 60, issuer: 'localhost' });
});

test('[TL3] a port without TLS, and one that says nothing', async () => {
  const plain = await startScripted();
  closing.push(() => void plain.close());
  const probers = trusting();
  const spoken = await probers.probe(planOf('tls', `127.0.0.1:${plain.port}`, { connectTimeoutMs: 500 }));
  expect(spoken.observation).toMatchObject({ verdict: 'unhealthy', reason: { code: 'tls_failed' } });
});

test('[TL4] a redirect from https to http is not followed', async () => {
  const certificate = made();
  const plain = await startScripted();
  closing.push(() => void plain.close());
  const port = await listen(
    createHttps({ ...certificate }, (_req, res) => {
      res.writeHead(302, { location: plain.url });
      res.end();
    }),
  );
  const { observation } = await trusting(certificate).probe(
    planOf('http', `https://127.0.0.1:${port}/`, { followRedirects: true }),
  );
  expect(observation).toMatchObject({ verdict: 'unhealthy', reason: { code: 'misconfigured' } });
  expect(plain.connections.accepted).toBe(0);
});
