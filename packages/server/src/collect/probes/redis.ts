import { ok, type Json, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { fail, type Failed, type Fault } from '../egress/fault.ts';
import { Wire, type Take, type Taken } from '../egress/wire.ts';
import { loginFault, openTarget } from './opening.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import type { Finding, ProbeDeps, Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';
import { certificateOf } from './certificate.ts';

/** Probes a Redis (or Valkey, KeyDB) server: login, PING, and a command that reads. */
export function createRedisProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'redis');
  const opened = await openTarget(deps, plan, budget, { tls: settings.encryption === 'on' });
  if (!opened.ok) return failedReach(opened);
  const { socket, tls } = opened.value.connection;
  const sheet = new Sheet().reached(opened.value.connection);
  if (tls !== null) sheet.certificate(certificateOf(tls, deps.clock.now(), plan.certificateDays));
  const wire = new Wire(deps.clock, socket, deps.limits.probeBodyBytesMax);
  const ask = async (...words: readonly string[]): Promise<Result<Json, Fault>> => {
    wire.write(commandOf(words));
    const reply = await wire.read(budget, takeReply);
    if (!reply.ok) return reply;
    return reply.value instanceof ErrorReply ? faultOfReply(plan, reply.value) : ok(reply.value);
  };
  try {
    const password = plan.credentials['password'];
    if (password !== undefined) {
      const login = await ask('AUTH', ...(settings.user === '' ? [] : [settings.user]), password);
      if (!login.ok) return refused(sheet, login);
    }
    const askedAt = deps.clock.mono();
    const pong = await ask('PING');
    if (!pong.ok) return refused(sheet, pong);
    const tookMs = deps.clock.mono() - askedAt;
    sheet.latency(tookMs).ok('protocol', 'pong', 'The server answers PING.', tookMs);
    if (password !== undefined) sheet.ok('auth', 'accepted', 'The server accepts the credentials.');
    if (settings.command === null) return sheet.done(plan, 'The server answers PING.', { value: pong.value });
    const commandAt = deps.clock.mono();
    const found = await ask(...settings.command);
    if (!found.ok) return refused(sheet, found, 'query');
    sheet.ok('query', 'answered', 'The command was answered.', deps.clock.mono() - commandAt);
    return sheet.done(plan, 'The server answers.', { value: found.value });
  } finally {
    wire.close();
  }
}

function refused(sheet: Sheet, fault: Fault, during: 'protocol' | 'query' = 'protocol'): Finding {
  const isLogin = LOGIN.has(fault.code);
  if (isLogin && during === 'protocol') sheet.ok('protocol', 'redis', 'The server speaks the Redis protocol.');
  return sheet.failed(isLogin ? 'auth' : during, fault);
}

const LOGIN: ReadonlySet<string> = new Set(['credentials_rejected', 'forbidden', 'needs_auth']);

/** An error the server answered with; only its first word, a code, is ever shown. */
class ErrorReply {
  readonly code: string;

  constructor(text: string) {
    this.code = /^[A-Z]{1,24}(?= )/.exec(text)?.[0] ?? 'ERR';
  }
}

function faultOfReply(plan: CheckPlan, { code }: ErrorReply): Failed {
  switch (code) {
    case 'NOAUTH':
    case 'WRONGPASS':
      return { ok: false, ...loginFault(plan, code) };
    case 'NOPERM':
      return fail('forbidden', 'The server answers, but the user of this check may not run the command (NOPERM).');
    case 'LOADING':
      return fail('starting', 'The server is still loading its data.');
    case 'ERR':
      return Object.keys(plan.credentials).length > 0
        ? fail('query_failed', 'The server refuses the command, or has no password set while this check sends one.')
        : fail('query_failed', 'The server refuses the command.');
    default:
      return fail('query_failed', `The server refuses the command (${code}).`);
  }
}

function commandOf(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

type Reply = ErrorReply | Json;

/** One reply of the protocol (RESP2). */
export const takeReply: Take<Reply> = (bytes) => replyAt(bytes, 0, 0);

function replyAt(bytes: Buffer, at: number, depth: number): Failed | Taken<Reply> | null {
  if (bytes.length <= at) return null;
  const kind = String.fromCodePoint(bytes[at] ?? 0);
  if (!'+-:$*'.includes(kind) || depth > 4) return NOT_REDIS;
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) return bytes.length - at > LINE_MAX ? NOT_REDIS : null;
  const line = bytes.subarray(at + 1, end).toString('utf8');
  const after = end + 2;
  if (kind === '+') return { value: line, length: after };
  if (kind === '-') return { value: new ErrorReply(line), length: after };
  if (!/^-?\d{1,15}$/.test(line)) return NOT_REDIS;
  const number = Number(line);
  if (kind === ':') return { value: number, length: after };
  if (number < 0) return { value: null, length: after };
  if (kind === '$') {
    if (bytes.length < after + number + 2) return null;
    return { value: bytes.subarray(after, after + number).toString('utf8'), length: after + number + 2 };
  }
  if (number > ITEMS_MAX) return NOT_REDIS;
  const items: Json[] = [];
  let next = after;
  for (let i = 0; i < number; i += 1) {
    const item = replyAt(bytes, next, depth + 1);
    if (item === null || 'code' in item) return item;
    items.push(item.value instanceof ErrorReply ? null : item.value);
    next = item.length;
  }
  return { value: items, length: next };
}

const NOT_REDIS: Failed = fail('not_redis', 'The answer is not valid Redis protocol.');
const LINE_MAX = 4_096;
const ITEMS_MAX = 10_000;
