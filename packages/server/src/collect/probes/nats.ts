import type { Socket } from 'node:net';
import { ok, type JsonObject, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { fail, type Fault } from '../egress/fault.ts';
import { takeLine, Wire } from '../egress/wire.ts';
import { certificateOf } from './certificate.ts';
import { jsonOf } from './http.ts';
import { loginFault, openTarget, type Opening } from './opening.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import { isObject, type Finding, type ProbeDeps, type Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';

/** Probes a NATS server: what it says of itself, the login, PING. Nothing is published. */
export function createNatsProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'nats');
  const opened = await openTarget(deps, plan, budget);
  if (!opened.ok) return failedReach(opened);
  const sheet = new Sheet().reached(opened.value.connection);
  let wire = new Wire(deps.clock, opened.value.connection.socket, deps.limits.probeBodyBytesMax);
  try {
    const info = await hello(wire, budget);
    if (!info.ok) return sheet.failed('protocol', info);
    const version = typeof info.value['version'] === 'string' ? info.value['version'].slice(0, 40) : 'unknown';
    sheet.ok('protocol', 'info', `The server is NATS ${version}.`);
    if (settings.encryption === 'on') {
      const secured = await encrypt(deps, opened.value, wire, budget);
      if (!secured.ok) return sheet.failed('protocol', secured);
      sheet.certificate(certificateOf(secured.value, deps.clock.now(), plan.certificateDays));
      wire = new Wire(deps.clock, secured.value, deps.limits.probeBodyBytesMax);
    } else if (info.value['tls_required'] === true) {
      const message = 'The server wants encryption; set check.probe.encryption to on.';
      return sheet.failed('protocol', fail('tls_required', message));
    }
    const askedAt = deps.clock.mono();
    wire.write(`CONNECT ${JSON.stringify(loginOf(plan, settings.user))}\r\nPING\r\n`);
    const pong = await answer(plan, wire, budget);
    if (!pong.ok) return sheet.failed(pong.code === 'query_failed' ? 'protocol' : 'auth', pong);
    const tookMs = deps.clock.mono() - askedAt;
    sheet.latency(tookMs);
    if (info.value['auth_required'] === true) sheet.ok('auth', 'accepted', 'The server accepts the credentials.');
    return sheet.done(plan, 'The server answers PING.', { json: info.value });
  } finally {
    wire.close();
  }
}

async function hello(wire: Wire, budget: Budget): Promise<Result<JsonObject, Fault>> {
  const line = await wire.read(budget, takeLine);
  if (!line.ok) return line;
  const info = /^INFO\s+(\{.*\})\s*$/i.exec(line.value);
  const json = info === null ? null : jsonOf(info[1] ?? '');
  return isObject(json) ? ok(json) : fail('not_nats', 'The answer is not valid NATS protocol.');
}

async function encrypt(
  deps: ProbeDeps,
  { host, port }: Opening,
  wire: Wire,
  budget: Budget,
): ReturnType<ProbeDeps['egress']['secure']> {
  // Bytes before the handshake that are not part of it could be anybody's.
  if (!wire.isDrained) return fail('bad_payload', 'The server said more than was asked before the encryption.');
  const socket: Socket = wire.release();
  return deps.egress.secure(socket, { host, port, alpn: [], timeoutMs: budget.leftMs });
}

function loginOf(plan: CheckPlan, user: string): JsonObject {
  const { password, token } = plan.credentials;
  return {
    verbose: false,
    pedantic: false,
    name: 'statewire-probe',
    lang: 'statewire',
    version: '1',
    protocol: 1,
    echo: false,
    ...(user === '' ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { auth_token: token }),
  };
}

async function answer(plan: CheckPlan, wire: Wire, budget: Budget): Promise<Result<null, Fault>> {
  for (;;) {
    const line = await wire.read(budget, takeLine);
    if (!line.ok) return { ...line, code: line.code === 'reset' ? 'query_failed' : line.code };
    const text = line.value.toUpperCase();
    if (text.startsWith('PONG')) return ok(null);
    if (text.startsWith('PING')) wire.write('PONG\r\n');
    else if (text.startsWith('-ERR')) {
      if (/AUTHORI[SZ]ATION|AUTHENTICATION/.test(text)) return { ok: false, ...loginFault(plan, 'NATS') };
      return fail('query_failed', 'The server answers with an error.');
    } else if (!text.startsWith('INFO') && !text.startsWith('+OK')) {
      return fail('query_failed', 'The server answers with something unexpected.');
    }
  }
}
