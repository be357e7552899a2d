import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import { decode, encode, streamDecode, streamEncode, TRUNCATED_RESPONSE, type Answer, type Packet } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import type { DnsRecord } from '@statewire/model';
import { systemClock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import { createEgress } from '../egress/egress.ts';
import type { ProbeObservation } from '../observation.ts';
import { createProbers } from './index.ts';
import type { CheckPlan } from './plan.ts';

const { probers } = createProbing();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface NameServer {
  readonly port: number;
  readonly asked: () => { readonly udp: number; readonly tcp: number };
}

type Reply = (question: Packet, send: (packet: Packet | Buffer) => void, count: number) => void;

/** A name server on loopback, over UDP and TCP on one port. */
async function serve(reply: Reply, tcpReply: Reply = reply): Promise<NameServer> {
  let udp = 0;
  let tcp = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      tcp += 1;
      const question = streamDecode(bytes);
      const send = (packet: Packet | Buffer): void =>
        void socket.write(Buffer.isBuffer(packet) ? packet : streamEncode(packet));
      if (question !== null) tcpReply(question, send, tcp);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const datagrams: Socket = createSocket('udp4');
  datagrams.on('message', (bytes: Buffer, from: RemoteInfo) => {
    udp += 1;
    const send = (packet: Packet | Buffer): void =>
      datagrams.send(Buffer.isBuffer(packet) ? packet : encode(packet), from.port, from.address);
    reply(decode(bytes), send, udp);
  });
  await new Promise<void>((resolve) => datagrams.bind(port, '127.0.0.1', resolve));
  closing.push(
    () => server.close(),
    () => datagrams.close(),
  );
  return { port, asked: () => ({ udp, tcp }) };
}

function answering(answers: readonly Answer[], more: { flags?: number; id?: number } = {}): Reply {
  return (question, send) =>
    send({
      type: 'response',
      id: more.id ?? question.id ?? 0,
      flags: more.flags ?? 0,
      questions: question.questions ?? [],
      answers: [...answers],
    });
}

function settings(port: number, record: DnsRecord, more: object = {}): NonNullable<CheckPlan['probe']> {
  return { kind: 'dns', record, resolver: `127.0.0.1:${port}`, expect: [], answersMin: 1, ...more };
}

async function probe(
  port: number,
  record: DnsRecord,
  more: object = {},
  plan: Partial<CheckPlan> = {},
): Promise<ProbeObservation> {
  const made = planOf('dns', 'Example.com', { timeoutMs: 800, probe: settings(port, record, more), ...plan });
  return (await probers.probe(made)).observation;
}

const name = 'example.com';
const said = ({ verdict, reason }: ProbeObservation): string => `${verdict} ${reason.code}`;

test.each<[DnsRecord, Answer, string]>([
  ['A', { type: 'A', name, data: '192.0.2.1' }, '192.0.2.1'],
  ['AAAA', { type: 'AAAA', name, data: '2001:db8::1' }, '2001:DB8::1'],
  ['CNAME', { type: 'CNAME', name, data: 'Other.example.com' }, 'other.example.com.'],
  ['NS', { type: 'NS', name, data: 'ns1.example.com' }, 'ns1.example.com'],
  ['PTR', { type: 'PTR', name, data: 'host.example.com' }, 'host.example.com'],
  ['MX', { type: 'MX', name, data: { preference: 10, exchange: 'mail.example.com' } }, '10 mail.example.com.'],
  ['TXT', { type: 'TXT', name, data: ['v=spf1 ', '-all'] }, '"v=spf1 -all"'],
  [
    'SRV',
    { type: 'SRV', name, data: { priority: 1, weight: 2, port: 443, target: 'a.example.com' } },
    '1 2 443 a.example.com',
  ],
  ['CAA', { type: 'CAA', name, data: { flags: 0, tag: 'issue', value: 'ca.example' } }, '0 issue "ca.example"'],
  [
    'SOA',
    {
      type: 'SOA',
      name,
      data: {
        mname: 'ns.example.com',
        rname: 'root.example.com',
        serial: 7,
        refresh: 1,
        retry: 2,
        expire: 3,
        minimum: 4,
      },
    },
    'ns.example.com root.example.com 7 1 2 3 4',
  ],
])('[CK5] %s is read as dig writes it', async (record, answer, text) => {
  const { port } = await serve(answering([answer]));
  const well = await probe(port, record, { expect: [text] }, { conditions: ['len(rows) == 1 && value != null'] });
  expect(said(well)).toBe('healthy ok');
  expect(well.facts).toMatchObject({
    reach: { v: 'ok' },
    protocol: { v: 'ok' },
    answer: { v: 'ok' },
    conditions: { v: 'ok' },
  });
  expect(said(await probe(port, record, { expect: ['something else'] }))).toBe('unhealthy unexpected_answer');
});

test.each([
  [0, 'unhealthy too_few_answers'],
  [2, 'unhealthy servfail'],
  [3, 'unhealthy nxdomain'],
  [5, 'unhealthy dns_refused'],
  [4, 'unhealthy dns_error'],
])('[CK5] an answer with code %i and nothing in it is %s', async (flags, expected) => {
  const { port } = await serve(answering([], { flags }));
  expect(said(await probe(port, 'A'))).toBe(expected);
});

test('[CK5] answers of another type do not count', async () => {
  const { port } = await serve(
    answering([
      { type: 'CNAME', name, data: 'b.example.com' },
      { type: 'A', name, data: '192.0.2.1' },
    ]),
  );
  expect(said(await probe(port, 'A', { answersMin: 2 }))).toBe('unhealthy too_few_answers');
  expect(said(await probe(port, 'A', { answersMin: 1 }))).toBe('healthy ok');
});

test('[CK5] an answer that is cut short is asked for over TCP', async () => {
  const many = Array.from({ length: 300 }, (_, i): Answer => ({ type: 'A', name, data: `192.0.${i >> 8}.${i & 255}` }));
  const server = await serve(answering([], { flags: TRUNCATED_RESPONSE }), answering(many));
  expect(said(await probe(server.port, 'A', { answersMin: 300 }))).toBe('healthy ok');
  expect(server.asked()).toEqual({ udp: 1, tcp: 1 });
});

test('[CK5] a lost datagram is asked for again; silence ends with the timeout', async () => {
  const well = answering([{ type: 'A', name, data: '192.0.2.1' }]);
  const lossy = await serve((question, send, count) => (count === 1 ? undefined : well(question, send, count)));
  expect(said(await probe(lossy.port, 'A'))).toBe('healthy ok');
  expect(lossy.asked().udp).toBe(2);
  const silent = await serve(() => undefined);
  const observation = await probe(silent.port, 'A');
  expect(said(observation)).toBe('unhealthy timeout');
  expect(observation.ms).toBeLessThan(1_500);
});

test('[CK5] an answer to another question is not taken; the real one after it is', async () => {
  const bad: Answer = { type: 'A', name, data: '203.0.113.66' };
  const { port } = await serve((question, send, count) => {
    answering([bad], { id: ((question.id ?? 0) + 1) % 65_536 })(question, send, count);
    send({ type: 'response', id: question.id ?? 0, questions: [{ type: 'A', name: 'evil.example' }], answers: [bad] });
    answering([{ type: 'A', name, data: '192.0.2.1' }])(question, send, count);
  });
  expect(said(await probe(port, 'A', { expect: ['192.0.2.1'] }))).toBe('healthy ok');
});

test('[CK5] what is no DNS message, and a port nobody listens on', async () => {
  const { port } = await serve((question, send) => {
    const id = Buffer.alloc(2);
    id.writeUInt16BE(question.id ?? 0);
    send(Buffer.concat([id, Buffer.alloc(40, 0xff)]));
  });
  expect(said(await probe(port, 'A'))).toBe('unhealthy not_dns');
  for (const close of closing.splice(0)) close();
  expect(said(await probe(port, 'A'))).toBe('unhealthy refused');
});

test('[CK5] the resolver a check names is judged by the egress', async () => {
  const server = await serve(answering([{ type: 'A', name, data: '192.0.2.1' }]));
  const egress = createEgress({ mode: 'public', allow: [] });
  const closed = createProbers({ clock: systemClock, egress, limits, env: {}, onTrip: () => undefined });
  const { observation } = await closed.probe(planOf('dns', name, { probe: settings(server.port, 'A') }));
  expect(said(observation)).toBe('unknown egress_denied');
  expect(server.asked()).toEqual({ udp: 0, tcp: 0 });
});

test('[CK5] two hundred probes leave no socket behind', async () => {
  const { port } = await serve(answering([{ type: 'A', name, data: '192.0.2.1' }]));
  const count = (): number => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('UDP')).length;
  const before = count();
  for (let i = 0; i < 200; i += 1) await probe(port, 'A');
  await expect.poll(count).toBeLessThanOrEqual(before);
});
