import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { makeCertificate } from '../../testing/peers/certificate.ts';
import { startRaw } from '../../testing/peers/faults.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import type { ProbeObservation } from '../observation.ts';

const { probers } = createProbing();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const at = (days: number): Date => new Date(systemClock.now() + days * 86_400_000);
const made = makeCertificate({ name: 'localhost', hosts: ['127.0.0.1'], notBefore: at(-1), notAfter: at(60.5) });

type Protocol = 'imap' | 'postgres' | 'smtp';

async function probe(port: number, startTls: Protocol): Promise<ProbeObservation> {
  const plan = planOf('tls', `127.0.0.1:${port}`, { timeoutMs: 800, probe: { kind: 'tls', startTls } });
  return (await probers.probe(plan)).observation;
}

const said = ({ verdict, reason }: ProbeObservation): string => `${verdict} ${reason.code}`;

function secure(socket: Socket): void {
  socket.removeAllListeners('data');
  const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(made) });
  tls.on('error', () => undefined);
}

async function serve(greeting: string, answers: (line: string, socket: Socket) => void): Promise<number> {
  const server = await startRaw((socket) => {
    if (greeting !== '') socket.write(greeting);
    socket.on('data', (bytes: Buffer) => answers(bytes.toString('latin1'), socket));
  });
  closing.push(() => void server.close());
  return server.port;
}

test('[CK12] SMTP, with a real server', async () => {
  const server = new SMTPServer({ ...made, authOptional: true, logger: false });
  server.on('error', () => undefined);
  closing.push(() => server.close());
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const observation = await probe(port, 'smtp');
  // Signed by itself: worth a look, no outage; the days are read all the same.
  expect(said(observation)).toBe('degraded tls_self_signed');
  expect(observation.certificate?.daysLeft).toBe(60);
});

test('[CK12] IMAP and PostgreSQL', async () => {
  const imap = await serve('* OK ready\r\n', (line, socket) => {
    if (!line.includes('STARTTLS')) return;
    socket.write('* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n');
    secure(socket);
  });
  expect((await probe(imap, 'imap')).certificate?.daysLeft).toBe(60);
  const postgres = await serve('', (_line, socket) => {
    socket.write('S');
    secure(socket);
  });
  expect((await probe(postgres, 'postgres')).certificate?.daysLeft).toBe(60);
});

test.each<[Protocol, string, string, string]>([
  ['smtp', '220 hi\r\n', '250 plain\r\n', 'unhealthy tls_unavailable'],
  ['smtp', '554 no\r\n', '', 'unhealthy not_smtp'],
  ['smtp', '* OK imap\r\n', '', 'unhealthy not_smtp'],
  ['imap', '* OK hi\r\n', 'a1 NO\r\n', 'unhealthy tls_unavailable'],
  ['imap', '220 hi\r\n', '', 'unhealthy not_imap'],
  ['imap', '* OK hi\r\n', 'a1 OK go\r\n* injected\r\n', 'unhealthy bad_payload'],
  ['postgres', '', 'N', 'unhealthy tls_unavailable'],
  ['postgres', '', 'Sinjected', 'unhealthy not_postgres'],
  ['postgres', '', '', 'unhealthy timeout'],
])('[CK12] %s that greets "%s" and answers "%s" is %s', async (protocol, greeting, answer, expected) => {
  const port = await serve(greeting, (_line, socket) => void socket.write(answer));
  expect(said(await probe(port, protocol))).toBe(expected);
});
