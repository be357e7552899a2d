import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { ok, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { codeOf, fail, faultOf, type Failed, type Fault } from '../egress/fault.ts';
import { certificateOf } from './certificate.ts';
import { isAuthFault, statusFault } from './classify.ts';
import { loginFault, openTarget, type Opening } from './opening.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import type { Finding, ProbeDeps, Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';

/** Probes a gRPC server by its standard health service (grpc.health.v1.Health/Check). */
export function createGrpcProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'grpc');
  const isTls = settings.encryption === 'on';
  const opened = await openTarget(deps, plan, budget, { tls: isTls, alpn: ['h2'] });
  if (!opened.ok) return failedReach(opened);
  const { socket, tls } = opened.value.connection;
  const sheet = new Sheet().reached(opened.value.connection);
  if (tls !== null) sheet.certificate(certificateOf(tls, deps.clock.now(), plan.certificateDays));
  const session = connect(`${isTls ? 'https' : 'http'}://${plan.target}`, {
    createConnection: () => socket,
    maxHeaderListPairs: 256,
    // Nothing is pushed to a probe.
    settings: { enablePush: false },
  });
  try {
    const askedAt = deps.clock.mono();
    const answer = await call({ deps, plan, session, opening: opened.value }, settings.service, budget);
    if (!answer.ok) return sheet.failed(isAuthFault(answer.code) ? 'auth' : 'protocol', answer);
    const tookMs = deps.clock.mono() - askedAt;
    sheet.latency(tookMs);
    const wrong = faultOfStatus(plan, answer.value.status);
    if (wrong !== null) {
      if (isAuthFault(wrong.code)) return sheet.ok('protocol', 'grpc', 'The server speaks gRPC.').failed('auth', wrong);
      return sheet.failed('protocol', wrong);
    }
    sheet.ok('protocol', 'grpc', 'The health service answers.', tookMs);
    const name = servingOf(answer.value.body);
    if (name === null) return sheet.failed('serving', NOT_GRPC);
    if (name === 'SERVING') {
      return sheet
        .ok('serving', 'serving', 'The service is serving.')
        .done(plan, 'The service is serving.', { value: name });
    }
    return sheet.failed('serving', fail('not_serving', `The health service answers ${name}.`));
  } finally {
    session.destroy();
    socket.destroy();
  }
}

interface Call {
  readonly deps: ProbeDeps;
  readonly plan: CheckPlan;
  readonly session: ClientHttp2Session;
  readonly opening: Opening;
}

interface GrpcAnswer {
  readonly status: number;
  readonly body: Buffer;
}

function call({ deps, plan, session }: Call, service: string, budget: Budget): Promise<Result<GrpcAnswer, Fault>> {
  return new Promise((resolve) => {
    let isDone = false;
    const end = (result: Result<GrpcAnswer, Fault>): void => {
      if (isDone) return;
      isDone = true;
      timer.cancel();
      resolve(result);
    };
    const timer = deps.clock.after(budget.leftMs, () => end(fail('timeout', 'No answer within the timeout.')));
    session.on('error', (error) => end(faultOfSession(error)));
    session.on('close', () => end(fail('reset', 'The connection was closed before an answer came.')));
    session.on('goaway', () => end(fail('reset', 'The server ended the connection.')));
    const { token } = plan.credentials;
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'statewire-probe',
      te: 'trailers',
      'grpc-timeout': `${Math.max(1, Math.floor(budget.leftMs))}m`,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...lowered(plan.headers),
      ...lowered(plan.secretHeaders),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let status: number | null = null;
    const note = (headers: IncomingHttpHeaders): void => {
      const text = headers['grpc-status'];
      if (typeof text === 'string' && /^\d{1,2}$/.test(text)) status = Number(text);
    };
    stream.on('response', (headers) => {
      note(headers);
      const code = Number(headers[':status']);
      const hasCredentials = token !== undefined || Object.keys(plan.secretHeaders).length > 0;
      if (code !== 200) {
        end(statusFault(code, {}, { hasCredentials, now: deps.clock.now() }));
      } else if (!(headers['content-type'] ?? '').startsWith('application/grpc')) end(NOT_GRPC);
    });
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > ANSWER_MAX) end(fail('too_large', `The answer is larger than the limit of ${ANSWER_MAX} bytes.`));
    });
    stream.on('error', (error) => end(faultOfSession(error)));
    stream.on('close', () => {
      if (status === null) end(fail('reset', 'The answer ended without a gRPC status.'));
      else end(ok({ status, body: Buffer.concat(chunks) }));
    });
    stream.end(requestOf(service));
  });
}

/** A length-prefixed HealthCheckRequest: field 1, the service's name. */
function requestOf(service: string): Buffer {
  const name = Buffer.from(service);
  const body = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

function varint(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.from([(value & 0x7f) | 0x80, value >> 7]);
}

/** The status in a length-prefixed HealthCheckResponse: field 1, an enum; without it, its zero value. */
function servingOf(frame: Buffer): string | null {
  if (frame.length < 5 || frame[0] !== 0) return null;
  const body = frame.subarray(5, 5 + frame.readUInt32BE(1));
  if (body.length === 0) return STATUSES[0] ?? null;
  return body[0] === 0x08 && body.length >= 2 ? (STATUSES[body[1] ?? 0] ?? 'UNKNOWN') : null;
}

function faultOfStatus(plan: CheckPlan, status: number): Failed | null {
  switch (status) {
    case 0:
      return null;
    case 5:
      return fail('service_unknown', 'The health service does not know this service; check check.probe.service.');
    case 7:
      return fail('forbidden', 'The server answers, but forbids this check (gRPC PERMISSION_DENIED).');
    case 8:
      return fail('rate_limited', 'The server answers, but limits the rate of requests (gRPC RESOURCE_EXHAUSTED).');
    case 12:
      return fail('no_health_service', 'The server speaks gRPC, but has no health service (gRPC UNIMPLEMENTED).');
    case 16:
      return { ok: false, ...loginFault(plan, 'gRPC UNAUTHENTICATED') };
    default:
      return fail('grpc_error', `The health service answers with gRPC status ${status}.`);
  }
}

function faultOfSession(error: unknown): Failed {
  const code = codeOf(error);
  return code.startsWith('ERR_HTTP2') || code === constants.NGHTTP2_PROTOCOL_ERROR.toString()
    ? NOT_GRPC
    : faultOf(error);
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const NOT_GRPC: Failed = fail('not_grpc', 'The answer is not valid gRPC.');
const STATUSES: readonly string[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const ANSWER_MAX = 65_536;
