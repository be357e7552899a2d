import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import { decode, encode, RECURSION_DESIRED, type Answer, type DecodedPacket } from 'dns-packet';
import type { DnsRecord } from '@statewire/model';
import { ok, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { createEgress, type Egress } from '../egress/egress.ts';
import { fail, faultOf, type Failed, type Fault } from '../egress/fault.ts';
import { Wire } from '../egress/wire.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import { reading, type Finding, type ProbeDeps, type Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';

/** Asks a name server for one record of a name, over UDP and, when the answer is cut short, over TCP. */
export function createDnsProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

interface Server {
  readonly address: string;
  readonly port: number;
  /** Who may be connected to: the resolver a check names is judged, this machine's own is the operator's choice. */
  readonly egress: Egress;
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'dns');
  const server = await serverOf(deps, settings.resolver);
  if (!server.ok) return failedReach(server);
  const question = { id: randomInt(65_536), name: plan.target.replace(/\.$/, ''), type: settings.record };
  const askedAt = deps.clock.mono();
  const asked = await ask(deps, server.value, question, budget);
  if (!asked.ok) return failedReach(asked);
  const tookMs = deps.clock.mono() - askedAt;
  const sheet = new Sheet()
    .note('reach', reading('ok', 'answered', 'The name server answers.', tookMs))
    .latency(tookMs);
  const wrong = faultOfCode((asked.value.flags ?? 0) & 0x0f);
  if (wrong !== null) return sheet.failed('protocol', wrong);
  const isOwn = asked.value.flag_aa ? ', with authority' : '';
  sheet.ok('protocol', 'noerror', `The name server answers without error${isOwn}.`);
  const answers = (asked.value.answers ?? []).filter(({ type }) => type === settings.record).map(textOf);
  const missing = settings.expect.find((text) => !answers.includes(normal(settings.record, text)));
  if (answers.length < settings.answersMin) {
    const found = `found ${answers.length} answers, expected at least ${settings.answersMin}`;
    return sheet.failed('answer', fail('too_few_answers', `The name server has too few: ${found}.`));
  }
  if (missing !== undefined) {
    const message = `The answers do not hold the expected ${missing.slice(0, 100)}.`;
    return sheet.failed('answer', fail('unexpected_answer', message));
  }
  sheet.ok('answer', 'answered', `The name server gives ${answers.length} answers.`);
  return sheet.done(plan, 'The name resolves as expected.', { value: answers[0] ?? null, rows: answers });
}

async function serverOf(deps: ProbeDeps, resolver: string | null): Promise<Result<Server, Fault>> {
  const text = resolver ?? getServers()[0];
  if (text === undefined) return fail('no_resolver', 'This machine has no name server; set check.probe.resolver.');
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+)(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? text;
  const port = Number(match?.[2] ?? 53);
  const egress = resolver === null ? createEgress({ mode: 'any', allow: [], clock: deps.clock }) : deps.egress;
  const checked = await egress.check(host, port);
  if (!checked.ok) return checked;
  return ok({ address: checked.value[0] ?? host, port, egress });
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: DnsRecord;
}

async function ask(
  deps: ProbeDeps,
  server: Server,
  question: Question,
  budget: Budget,
): Promise<Result<DecodedPacket, Fault>> {
  const packet = encode({
    type: 'query',
    id: question.id,
    flags: RECURSION_DESIRED,
    questions: [{ name: question.name, type: question.type, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 1232,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
  // A datagram may be lost without anybody being at fault: asked twice, each for half of the time.
  const first = await askByUdp(deps, server, { packet, question }, budget.share(0.5));
  const answer =
    first.ok || first.code !== 'timeout' ? first : await askByUdp(deps, server, { packet, question }, budget);
  if (!answer.ok || !answer.value.flag_tc) return answer;
  return askByTcp(deps, server, { packet, question }, budget);
}

interface Asking {
  readonly packet: Buffer;
  readonly question: Question;
}

function askByUdp(
  deps: ProbeDeps,
  server: Server,
  { packet, question }: Asking,
  budget: Budget,
): Promise<Result<DecodedPacket, Fault>> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(server.address) === 6 ? 'udp6' : 'udp4');
    let isDone = false;
    const end = (result: Result<DecodedPacket, Fault>): void => {
      if (isDone) return;
      isDone = true;
      timer.cancel();
      socket.close();
      resolve(result);
    };
    const timer = deps.clock.after(budget.leftMs, () => end(fail('timeout', 'The name server does not answer.')));
    socket.on('error', (error) => end(faultOf(error)));
    socket.on('message', (bytes) => {
      const read = answerOf(bytes, question);
      // Somebody else's datagram, late or forged, is not the answer; the real one may still come.
      if (read !== null) end(read);
    });
    // Connected: the kernel drops what comes from elsewhere, and a closed port is noticed.
    socket.connect(server.port, server.address, () => socket.send(packet));
  });
}

async function askByTcp(
  deps: ProbeDeps,
  server: Server,
  { packet, question }: Asking,
  budget: Budget,
): Promise<Result<DecodedPacket, Fault>> {
  const opened = await server.egress.connect({ host: server.address, port: server.port, timeoutMs: budget.leftMs });
  if (!opened.ok) return opened;
  const wire = new Wire(deps.clock, opened.value.socket, 65_537);
  try {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packet.length);
    wire.write(Buffer.concat([length, packet]));
    const whole = await wire.read(budget, (bytes) => {
      if (bytes.length < 2) return null;
      const end = 2 + bytes.readUInt16BE(0);
      return bytes.length < end ? null : { value: bytes.subarray(2, end), length: end };
    });
    return whole.ok ? (answerOf(whole.value, question) ?? NOT_DNS) : whole;
  } finally {
    wire.close();
  }
}

/** The answer in a datagram; null when it is not the answer to our question. */
function answerOf(bytes: Buffer, question: Question): Result<DecodedPacket, Fault> | null {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== question.id) return null;
  let packet: DecodedPacket;
  try {
    packet = decode(bytes);
  } catch {
    // The decoder throws plain errors and range errors for every kind of broken packet.
    return NOT_DNS;
  }
  if (packet.type !== 'response') return null;
  const [asked] = packet.questions ?? [];
  // Servers that cannot read a question answer without it.
  if (asked === undefined) return ok(packet);
  const isOurs = asked.type === question.type && asked.name.toLowerCase() === question.name.toLowerCase();
  return isOurs ? ok(packet) : null;
}

function faultOfCode(rcode: number): Failed | null {
  switch (rcode) {
    case 0:
      return null;
    case 3:
      return fail('nxdomain', 'The name server says that the name does not exist.');
    case 2:
      return fail('servfail', 'The name server could not find out (SERVFAIL).');
    case 5:
      return fail('dns_refused', 'The name server refuses the question (REFUSED).');
    default:
      return fail('dns_error', `The name server answers with error code ${rcode}.`);
  }
}

/** An answer as `dig +short` writes it, names in lower case without the last dot. */
function textOf(answer: Answer): string {
  switch (answer.type) {
    case 'MX':
      return normal('MX', `${answer.data.preference ?? 0} ${answer.data.exchange}`);
    case 'SRV':
      return normal(
        'SRV',
        `${answer.data.priority ?? 0} ${answer.data.weight ?? 0} ${answer.data.port} ${answer.data.target}`,
      );
    case 'CAA':
      return `${answer.data.flags ?? 0} ${answer.data.tag} "${answer.data.value}"`;
    case 'SOA': {
      const { mname, rname, serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0 } = answer.data;
      return normal('SOA', `${mname} ${rname} ${serial} ${refresh} ${retry} ${expire} ${minimum}`);
    }
    case 'TXT':
      return [answer.data].flat().map(String).join('');
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return normal(answer.type, answer.data);
    default:
      return '';
  }
}

function normal(type: DnsRecord, text: string): string {
  if (type === 'TXT') return text.replace(/^"(.*)"$/s, '$1');
  return type === 'CAA' ? text : text.toLowerCase().replaceAll(/\.(?=$| )/g, '');
}

const NOT_DNS: Failed = fail('not_dns', 'The answer is not a valid DNS message.');
