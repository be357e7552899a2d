import { ok, type Json, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { fail, type Fault } from '../egress/fault.ts';
import { Lane } from '../egress/lane.ts';
import { certificateOf } from './certificate.ts';
import { isAuthFault, statusFault } from './classify.ts';
import { jsonOf, parseUrl } from './http.ts';
import type { CheckPlan } from './plan.ts';
import type { Finding, ProbeDeps } from './probe.ts';
import { Sheet } from './sheet.ts';
import { failedReach } from './tcp.ts';

/** A conversation in JSON with one origin, for the checks of agents. */
export interface Talk {
  readonly sheet: Sheet;
  /** The target, without a slash at its end. */
  readonly base: string;
  /** One exchange; the answer's JSON, or why there is none. The first one that is answered speaks for the latency. */
  readonly ask: (method: 'GET' | 'POST', path: string, body?: Json) => Promise<Result<Json, Fault>>;
  /** Ends with a fault: of the connection, of the login, or of what was looked at. */
  readonly failed: (name: string, fault: Fault) => Finding;
}

/** Runs a conversation and closes its sockets. */
export async function talk(
  deps: ProbeDeps,
  plan: CheckPlan,
  budget: Budget,
  run: (talk: Talk) => Promise<Finding>,
): Promise<Finding> {
  const url = parseUrl(plan.target);
  if (!url.ok) return failedReach(url);
  const lane = new Lane(deps);
  const sheet = new Sheet();
  const base = `${url.value.origin}${url.value.pathname.replace(/\/+$/, '')}`;
  const { token } = plan.credentials;
  const hasCredentials = token !== undefined || Object.keys(plan.secretHeaders).length > 0;
  let isFirst = true;
  const note = (ms: number): void => {
    if (lane.connection !== null) sheet.reached(lane.connection);
    if (lane.tls !== null) sheet.certificate(certificateOf(lane.tls, deps.clock.now(), plan.certificateDays));
    sheet.latency(ms).ok('protocol', 'http', 'The server answers.', ms);
  };
  const ask: Talk['ask'] = async (method, path, body) => {
    const sent = await lane.send({
      method,
      url: new URL(`${base}${path}`),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...plan.headers,
        ...plan.secretHeaders,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      connectTimeoutMs: plan.connectTimeoutMs,
      budget,
    });
    if (!sent.ok) return sent;
    if (isFirst) note(sent.value.headersMs);
    isFirst = false;
    const text = await sent.value.text(budget, deps.limits.probeBodyBytesMax);
    if (sent.value.status < 200 || sent.value.status > 299) {
      const { status, headers } = sent.value;
      return statusFault(status, headers, {
        hasCredentials,
        now: deps.clock.now(),
        body: text.ok ? text.value.slice(0, 1_000) : undefined,
      });
    }
    if (!text.ok) return text;
    const json = jsonOf(text.value);
    return json === null ? fail('not_json', 'The answer is not JSON.') : ok(json);
  };
  const failed: Talk['failed'] = (name, fault) => {
    if (lane.connection === null) return failedReach(fault);
    sheet.reached(lane.connection);
    return sheet.failed(isAuthFault(fault.code) ? 'auth' : name, fault);
  };
  try {
    return await run({ sheet, base, ask, failed });
  } finally {
    lane.close();
  }
}
