import { ok, type Json, type Result } from '@statewire/protocol';
import { Budget } from '../egress/budget.ts';
import { fail, type Fault } from '../egress/fault.ts';
import { Lane, type Answer } from '../egress/lane.ts';
import type { FactReading } from '../observation.ts';
import { certificateOf, type CertificateView } from './certificate.ts';
import { isAuthFault, phaseOf, reasonOf, statusFault, verdictOf } from './classify.ts';
import { judgeConditions, speaksOf } from './conditions.ts';
import type { CheckPlan } from './plan.ts';
import { observe, reading, type Finding, type ProbeDeps, type Prober, type ProbeResult } from './probe.ts';
import { failedReach } from './tcp.ts';

/** Probes a URL: reach, the status against the accepted ones, a keyword in the body, the certificate's days. */
export function createHttpProber(deps: ProbeDeps): Prober {
  return {
    async probe(plan): Promise<ProbeResult> {
      const startedAt = { now: deps.clock.now(), mono: deps.clock.mono() };
      const finding = await exchange(deps, plan);
      return { observation: observe(deps.clock, startedAt, finding), inventory: null, evidence: null };
    },
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Parses an http(s) target. Credentials inside a URL are refused: they end up in logs. */
export function parseUrl(target: string): Result<URL, Fault> {
  const url = URL.parse(target);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return fail('bad_target', 'The target is not an http or https URL.');
  }
  if (url.username !== '' || url.password !== '') {
    return fail('bad_target', 'The target carries credentials in its URL; set them as a secret header.');
  }
  return ok(url);
}

/** Whether a status matches one of `200`, `2xx` or `200-399`. */
export function isExpected(status: number, expected: readonly string[]): boolean {
  return expected.some((entry) => {
    const [, low = '', high = low] = /^(\d{3})(?:-(\d{3}))?$/.exec(entry) ?? [];
    if (low !== '') return status >= Number(low) && status <= Number(high);
    return /^[1-5]xx$/i.test(entry) && Math.floor(status / 100) === Number(entry[0]);
  });
}

interface Landing {
  readonly lane: Lane;
  readonly answer: Answer;
  readonly connectMs: number;
}

async function exchange(deps: ProbeDeps, plan: CheckPlan): Promise<Finding> {
  const url = parseUrl(plan.target);
  if (!url.ok) return failedReach(url);
  const budget = new Budget(deps.clock, plan.timeoutMs);
  const lanes: Lane[] = [];
  try {
    const landed = await land(deps, plan, url.value, budget, lanes);
    const certificate = landed.ok ? certificateView(deps, plan, landed.value.lane) : null;
    if (!landed.ok) return failedExchange(landed, lanes.at(-1) ?? null);
    return await judge(deps, plan, landed.value, certificate, budget);
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** Sends the request and, only when the check asks for it, follows redirects. Every hop is judged by the egress again. */
async function land(
  deps: ProbeDeps,
  plan: CheckPlan,
  start: URL,
  budget: Budget,
  lanes: Lane[],
): Promise<Result<Landing, Fault>> {
  let url = start;
  let method: string = plan.method;
  for (let hop = 0; ; hop += 1) {
    const lane = new Lane(deps);
    lanes.push(lane);
    const isHome = url.origin === start.origin;
    const sent = await lane.send({
      method,
      url,
      // Secrets were given for one origin; a redirect must not carry them to another.
      headers: isHome ? { accept: '*/*', ...plan.headers, ...plan.secretHeaders } : { accept: '*/*' },
      connectTimeoutMs: plan.connectTimeoutMs,
      budget,
    });
    if (!sent.ok) return sent;
    const connectMs = (lane.connection?.dnsMs ?? 0) + (lane.connection?.connectMs ?? 0);
    const location = sent.value.headers.location;
    const isRedirect = REDIRECTS.has(sent.value.status) && location !== undefined;
    if (!plan.followRedirects || !isRedirect) return ok({ lane, answer: sent.value, connectMs });
    sent.value.discard();
    if (hop === HOPS_MAX) return fail('misconfigured', `The target redirects more than ${HOPS_MAX} times.`);
    const next = parseUrl(URL.parse(location, url)?.href ?? '');
    if (!next.ok) return fail('misconfigured', 'The target redirects to something that is no http or https URL.');
    if (url.protocol === 'https:' && next.value.protocol === 'http:') {
      return fail('misconfigured', 'The target redirects from https to http, which is not followed.');
    }
    url = next.value;
    if (sent.value.status === 303 && method === 'POST') method = 'GET';
  }
}

async function judge(
  deps: ProbeDeps,
  plan: CheckPlan,
  { answer, connectMs }: Landing,
  certificate: CertificateView | null,
  budget: Budget,
): Promise<Finding> {
  const facts: Record<string, FactReading> = {
    reach: reading('ok', 'connected', 'The port accepts connections.', connectMs),
    ...(certificate === null ? {} : { certificate: certificate.fact }),
  };
  const base = { latencyMs: answer.headersMs, certificate: certificate?.certificate ?? null };
  const finish = (fault: Fault): Finding => ({
    ...base,
    verdict: verdictOf(fault.code),
    reason: reasonOf(fault),
    phase: phaseOf(fault.code),
    facts,
    ...(fault.retryAfterMs === undefined ? {} : { waitMs: fault.retryAfterMs }),
  });
  // A condition on the status takes the place of the accepted ones.
  if (!speaksOf(plan, 'status') && !isExpected(answer.status, plan.expectStatus)) {
    answer.discard();
    const classed = statusFault(answer.status, answer.headers, { hasCredentials: false, now: deps.clock.now() });
    // A plain URL is judged by the statuses it was told to expect; only MCP knows "reachable but not for you".
    const fault = isAuthFault(classed.code)
      ? fail('http_4xx', `The server answers with HTTP ${answer.status}.`)
      : classed;
    facts['protocol'] = reading(
      verdictOf(fault.code) === 'degraded' ? 'warn' : 'fail',
      fault.code,
      fault.message,
      answer.headersMs,
    );
    return finish(fault);
  }
  // The body is read to its end even without a keyword: an answer that never ends is not an answer.
  const body = await answer.text(budget, deps.limits.probeBodyBytesMax);
  const isEnough = body.ok || (body.code === 'too_large' && plan.keyword === null && !readsBody(plan));
  if (!isEnough) {
    facts['protocol'] = reading('fail', body.code, body.message, answer.headersMs);
    return finish(body);
  }
  facts['protocol'] = reading(
    'ok',
    `http_${answer.status}`,
    `The server answers with HTTP ${answer.status}.`,
    answer.headersMs,
  );
  if (plan.keyword !== null && plan.method !== 'HEAD') {
    const isFound = body.ok && body.value.includes(plan.keyword);
    facts['keyword'] = isFound
      ? reading('ok', 'found', 'The expected text is there.')
      : reading('fail', 'keyword_missing', 'The answer does not hold the expected text.');
    if (!isFound) return finish(fail('keyword_missing', 'The answer does not hold the expected text.'));
  }
  const view = judgeConditions(plan, {
    status: answer.status,
    latency: Math.round(answer.headersMs * 10) / 10,
    body: body.ok ? body.value : null,
    json: body.ok && speaksOf(plan, 'json') ? jsonOf(body.value) : null,
    header: headersOf(answer.headers),
    certificate:
      certificate === null ? null : { days: certificate.certificate.daysLeft, issuer: certificate.certificate.issuer },
  });
  if (view !== null) facts['conditions'] = view.fact;
  if (view !== null && view.fault !== null) return finish(view.fault);
  if (certificate !== null && certificate.fact.v !== 'ok') {
    return {
      ...base,
      verdict: 'degraded',
      reason: { code: certificate.fact.code, text: certificate.fact.text },
      phase: 'ready',
      facts,
    };
  }
  return {
    ...base,
    verdict: 'healthy',
    reason: { code: 'ok', text: `The server answers with HTTP ${answer.status}.` },
    phase: 'ready',
    facts,
  };
}

/** A body as JSON; what is none is null, as everything that is missing. */
export function jsonOf(text: string): Json {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: JSON.parse gives JSON.
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function readsBody(plan: CheckPlan): boolean {
  return speaksOf(plan, 'body') || speaksOf(plan, 'json');
}

/** Headers by their names in lower case; those that come more than once are joined. */
function headersOf(headers: Answer['headers']): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? null)]),
  );
}

function failedExchange(fault: Fault, lane: Lane | null): Finding {
  const finding = failedReach(fault);
  if (lane?.connection === null || lane === null) return finding;
  const { dnsMs, connectMs } = lane.connection;
  return {
    ...finding,
    facts: {
      reach: reading('ok', 'connected', 'The port accepts connections.', dnsMs + connectMs),
      protocol: reading('fail', fault.code, fault.message),
    },
  };
}

function certificateView(deps: ProbeDeps, plan: CheckPlan, lane: Lane): CertificateView | null {
  return lane.tls === null ? null : certificateOf(lane.tls, deps.clock.now(), plan.certificateDays);
}

const HOPS_MAX = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
