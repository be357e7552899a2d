import { ok, type JsonObject, type Result } from '@statewire/protocol';
import { Budget } from '../../egress/budget.ts';
import type { Fault } from '../../egress/fault.ts';
import type { Lane } from '../../egress/lane.ts';
import type { FactReading } from '../../observation.ts';
import { certificateOf } from '../certificate.ts';
import { isAuthFault, isSilence } from '../classify.ts';
import { parseUrl } from '../http.ts';
import type { CheckPlan } from '../plan.ts';
import { reading, type Finding, type ProbeDeps } from '../probe.ts';
import { authReading } from './auth.ts';
import { EraMemory } from './era-memory.ts';
import { openSession, settle, type Session } from './era.ts';
import { faultFinding, Levels } from './levels.ts';
import { LegacySse } from './legacy-sse.ts';
import { ListChanged } from './list-changed.ts';
import { askAlive, SESSION_LOST } from './liveness.ts';
import { METHOD_NOT_FOUND, type Manner } from './rpc.ts';
import type { McpLook, McpServer } from './server.ts';
import { StreamableHttp, type HttpTarget } from './streamable-http.ts';
import { Tripwire } from './tripwire.ts';

/**
 * What is kept about one MCP server reached over HTTP: its era, its session, its held stream. Everything else
 * (sockets, budgets) lives for one probe. Probes of one server never overlap; see schedule.ts.
 */
export class HttpServer implements McpServer {
  readonly #deps: ProbeDeps;
  readonly #onTrip: (cause: string) => void;
  readonly #levels: Levels;
  readonly #era: EraMemory;
  readonly #listChanged: ListChanged;
  #target: HttpTarget | null = null;
  #session: Session | null = null;
  #sse: LegacySse | null = null;
  #opening: LegacySse | null = null;
  #isSse = false;
  #tripwire: Tripwire | null = null;
  /** The connection of the last stream that was tried, for the reach of a probe that got no further. */
  #tried: Lane | null = null;
  /** A session was lost and its successor is not open yet: when it is, the loss is counted. */
  #isLost = false;
  #usesPing = true;
  /** Whether the open session ever answered; one that never did and is lost again points at the ping, not the server. */
  #hasAnswered = false;
  #isAnswering = false;
  #auth: { readonly fact: FactReading; readonly code: string; readonly at: number } | null = null;
  #wire: StreamableHttp | null = null;
  #isClosed = false;

  constructor(deps: ProbeDeps, onTrip: (cause: string) => void) {
    this.#deps = deps;
    this.#onTrip = onTrip;
    this.#levels = new Levels(deps);
    this.#era = new EraMemory(deps.clock);
    this.#listChanged = new ListChanged(deps.clock, () => {
      this.#levels.expire();
      if (!this.#isClosed) onTrip('list_changed');
    });
  }

  async probe(plan: CheckPlan): Promise<McpLook> {
    const url = parseUrl(plan.target);
    if (!url.ok) return { finding: faultFinding(url, null), inventory: null, evidence: null };
    const target: HttpTarget = {
      url: url.value,
      headers: lowerCased({ ...plan.headers, ...plan.secretHeaders }),
      hasCredentials: Object.keys(plan.secretHeaders).length > 0,
      connectTimeoutMs: plan.connectTimeoutMs,
    };
    this.#target = target;
    const budget = new Budget(this.#deps.clock, plan.timeoutMs);
    const wire = new StreamableHttp(this.#deps, target);
    this.#wire = wire;
    try {
      return await this.#climb(plan, target, wire, budget);
    } finally {
      if (plan.mode === 'fresh' && !this.#isClosed) await this.#endSession(wire);
      wire.close();
      this.#wire = null;
      // Closed meanwhile: a session this probe opened after close() looked is ended here.
      if (this.#isClosed) await this.#endSession(new StreamableHttp(this.#deps, target));
    }
  }

  /** Ends the session, the streams and a probe under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listChanged.close();
    this.#tripwire?.close();
    // The probe under way sees its sockets close and comes to its end.
    this.#wire?.close();
    this.#opening?.close();
    if (this.#target !== null) await this.#endSession(new StreamableHttp(this.#deps, this.#target));
  }

  async #climb(plan: CheckPlan, target: HttpTarget, wire: StreamableHttp, budget: Budget): Promise<McpLook> {
    this.#tried = null;
    const greeted = await this.#greet(plan, target, wire, budget);
    const lane = [wire.lane, this.#tried, this.#sse?.lane].find((lane) => lane != null && lane.connection !== null);
    const below = this.#below(plan, lane ?? wire.lane);
    if (!greeted.ok) {
      // Whoever answers next may be another process with other tools. A legacy session tells the two apart by itself;
      // without one, what the server said of itself and its tools is asked anew.
      if (this.#session?.manner.era === 'modern') this.#session = null;
      const more = isAuthFault(greeted.code) ? { auth: await this.#authFact(target, greeted, plan) } : {};
      const finding = faultFinding(greeted, below.reach, { ...below.facts, ...more });
      return { finding: { ...finding, certificate: below.certificate }, inventory: null, evidence: null };
    }
    const session = greeted.value;
    const auth = target.hasCredentials
      ? reading('ok', 'accepted', 'The credentials of this check are accepted.')
      : reading('skip', 'none', 'The server asks for no credentials.');
    const facts = { ...(below.reach === null ? {} : { reach: below.reach }), ...below.facts, auth };
    const climbed = await this.#levels.climb(this.#sse ?? wire, plan, session, facts, budget);
    if (plan.mode === 'hold' && this.#sse === null && !this.#isClosed) this.#watch(target, session.manner);
    return {
      // A list taken in doubt would become the accepted one, and could never be compared with the modern one.
      inventory: session.isProven || this.#era.isQuiet ? climbed.inventory : null,
      evidence: null,
      finding: { ...climbed.finding, certificate: below.certificate },
    };
  }

  /** An answer from the server, in the open session or in a new one; a lost session is re-opened right here. */
  async #greet(
    plan: CheckPlan,
    target: HttpTarget,
    wire: StreamableHttp,
    budget: Budget,
  ): Promise<Result<Session, Fault>> {
    const held = this.#session;
    if (held === null) return this.#open(plan, target, wire, budget);
    const talk = this.#sse ?? wire;
    if (this.#sse?.isCut !== true) {
      const isOldStream = this.#sse !== null;
      const alive = await askAlive(talk, held.manner, this.#usesPing, isOldStream ? budget.share(SSE_SHARE) : budget);
      if (alive.ok) {
        this.#usesPing = alive.value.usesPing;
        this.#hasAnswered = true;
        this.#session = await this.#settled(wire, { ...held, ms: alive.value.ms }, budget);
        return ok(this.#session);
      }
      // A server that forgot an SSE session never answers the POST: a new stream tells forgetting from hanging.
      const isForgotten =
        alive.code === SESSION_LOST || (isOldStream && (isSilence(alive.code) || alive.code === 'reset'));
      if (!isForgotten) return alive;
    }
    const hadSession = this.#sse !== null || (held.manner.era === 'legacy' && held.manner.session !== null);
    if (!this.#hasAnswered) this.#usesPing = false;
    this.#isLost ||= hadSession;
    // A stream that is only silent may be a stopped server's, and good again later: it goes when its successor is open.
    const old = this.#sse;
    if (old === null || old.isCut) this.#drop();
    const opened = await this.#open(plan, target, wire, budget);
    if (opened.ok && old !== this.#sse) old?.close();
    return opened;
  }

  /** The session, or its successor when the server turns out to be modern after all. */
  async #settled(wire: StreamableHttp, session: Session, budget: Budget): Promise<Session> {
    if (session.isProven || !this.#era.isDue) return session;
    const settled = await settle(wire, session, budget);
    this.#era.learn(settled, null);
    if (settled.isProven || this.#era.isQuiet) this.#levels.expire();
    if (settled.manner.era === session.manner.era) return settled;
    this.#tripwire?.close();
    this.#tripwire = null;
    if (session.manner.era === 'legacy' && session.manner.session !== null) await wire.end(session.manner, budget);
    return settled;
  }

  async #open(
    plan: CheckPlan,
    target: HttpTarget,
    wire: StreamableHttp,
    budget: Budget,
  ): Promise<Result<Session, Fault>> {
    if (this.#isSse) {
      const opened = await this.#openSse(target, budget);
      if (opened.ok) return ok(this.#keep(plan, opened.value));
      if (opened.code !== 'not_mcp' && opened.code !== 'http_4xx') return opened;
      this.#isSse = false;
    }
    const { known } = this.#era;
    const opened = await openSession(wire, known, budget);
    if (opened.ok) {
      this.#era.learn(opened.value, known);
      if (known === null && this.#era.isQuiet) this.#levels.expire();
      return ok(this.#keep(plan, opened.value));
    }
    // A fault that is evidence against the remembered era must not outlive this probe.
    if (opened.code === 'http_4xx' || opened.code === 'handshake_failed') this.#era.refute();
    if (opened.code !== 'http_4xx' || !SSE_HINTS.has(opened.status ?? 0)) return opened;
    const sse = await this.#openSse(target, budget);
    if (sse.ok) {
      this.#isSse = true;
      return ok(this.#keep(plan, sse.value));
    }
    return sse.code === 'not_mcp' || sse.code === 'http_4xx'
      ? {
          ok: false,
          code: 'not_mcp',
          message: `The server answers with HTTP ${opened.status ?? 0}: there is no MCP at this address.`,
          status: opened.status,
        }
      : sse;
  }

  #keep(plan: CheckPlan, session: Session): Session {
    this.#session = session;
    this.#hasAnswered = false;
    if (this.#isLost) this.#levels.sessionsLost += 1;
    this.#isLost = false;
    // A server that came back may have other tools.
    if (plan.mode === 'hold') this.#levels.expire();
    return session;
  }

  async #openSse(target: HttpTarget, budget: Budget): Promise<Result<Session, Fault>> {
    const sse = new LegacySse(this.#deps, target, {
      onCut: (cause) => {
        if (!this.#isClosed && this.#sse === sse) this.#onTrip(cause);
      },
      onMessage: (message) => this.#onMessage(message),
    });
    this.#opening = sse;
    const opened = await sse.open(budget);
    this.#tried = sse.lane;
    const session = opened.ok ? await openSession(sse, 'legacy', budget) : opened;
    this.#opening = null;
    if (!session.ok || this.#isClosed) {
      sse.close();
      return session;
    }
    this.#sse = sse;
    this.#era.learn(session.value, 'legacy');
    return session;
  }

  /** Forgets the open session without a word to the server, which forgot it first. */
  #drop(): void {
    this.#session = null;
    this.#sse?.close();
    this.#sse = null;
    this.#tripwire?.close();
    this.#tripwire = null;
  }

  async #endSession(wire: StreamableHttp): Promise<void> {
    const session = this.#session;
    this.#drop();
    if (session?.manner.era !== 'legacy' || session.manner.session === null) return;
    await wire.end(session.manner, new Budget(this.#deps.clock, END_MS));
    wire.close();
  }

  #watch(target: HttpTarget, manner: Manner): void {
    if (this.#tripwire !== null && !this.#tripwire.isEnded) return;
    const tripwire = new Tripwire(this.#deps, target, manner, {
      onCut: (cause) => {
        if (!this.#isClosed && this.#tripwire === tripwire) this.#onTrip(cause);
      },
      onMessage: (message) => this.#onMessage(message),
    });
    this.#tripwire = tripwire;
  }

  #onMessage(message: JsonObject): void {
    const { id, method } = message;
    if (method === 'notifications/tools/list_changed') {
      this.#levels.expire();
      this.#listChanged.notice();
    }
    if (id === undefined || method === undefined || (typeof id !== 'number' && typeof id !== 'string')) return;
    // Servers ping their clients too and drop the deaf ones. One answer at a time: more would be a flood.
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    void this.#answer(id, method === 'ping').finally(() => {
      this.#isAnswering = false;
    });
  }

  async #answer(id: number | string, isPing: boolean): Promise<void> {
    const { manner } = this.#session ?? {};
    if (manner === undefined || this.#target === null || this.#isClosed) return;
    const message = isPing
      ? { jsonrpc: '2.0', id, result: {} }
      : { jsonrpc: '2.0', id, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
    const budget = new Budget(this.#deps.clock, END_MS);
    if (this.#sse !== null) {
      await this.#sse.answer(message, manner, budget);
      return;
    }
    const wire = new StreamableHttp(this.#deps, this.#target);
    await wire.answer(message, manner, budget);
    wire.close();
  }

  #below(
    plan: CheckPlan,
    lane: Lane,
  ): {
    readonly reach: FactReading | null;
    readonly facts: Record<string, FactReading>;
    readonly certificate: Finding['certificate'];
  } {
    const { connection, tls } = lane;
    if (connection === null) return { reach: null, facts: {}, certificate: null };
    const view = tls === null ? null : certificateOf(tls, this.#deps.clock.now(), plan.certificateDays);
    return {
      reach: reading('ok', 'connected', 'The port accepts connections.', connection.dnsMs + connection.connectMs),
      facts: view === null ? {} : { certificate: view.fact },
      certificate: view?.certificate ?? null,
    };
  }

  /** Who would let us in is asked once in ten minutes, not with every probe. */
  async #authFact(target: HttpTarget, fault: Fault, plan: CheckPlan): Promise<FactReading> {
    const now = this.#deps.clock.mono();
    if (this.#auth !== null && this.#auth.code === fault.code && now - this.#auth.at < AUTH_MS) return this.#auth.fact;
    const fact = await authReading(
      this.#deps,
      target.url,
      fault,
      plan.connectTimeoutMs,
      Math.min(plan.timeoutMs, AUTH_TIMEOUT_MS),
    );
    this.#auth = { fact, code: fault.code, at: now };
    return fact;
  }
}

/** Header names are equal whatever their case; two spellings of one would be sent as two headers. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const SSE_SHARE = 0.5;
const END_MS = 2_000;
const AUTH_MS = 600_000;
const AUTH_TIMEOUT_MS = 3_000;
/** Statuses after which the old SSE transport is worth a try. */
const SSE_HINTS: ReadonlySet<number> = new Set([400, 404, 405, 406, 415]);
