import type { McpInfo } from '@statewire/model';
import type { Budget } from '../../egress/budget.ts';
import type { Fault } from '../../egress/fault.ts';
import type { FactReading } from '../../observation.ts';
import { phaseOf, reasonOf, verdictOf } from '../classify.ts';
import type { CheckPlan } from '../plan.ts';
import { reading, type Finding, type Inventory, type ProbeDeps } from '../probe.ts';
import { callCanary } from './canary.ts';
import type { Session } from './era.ts';
import { listTools } from './inventory.ts';
import { METHOD_NOT_FOUND } from './rpc.ts';
import type { Wire } from './wire.ts';

/**
 * The levels above "it answers": inventory and canary. Remembers between probes what the tools were and when
 * they are to be listed again, so that most probes cost one question.
 */
export class Levels {
  readonly #deps: ProbeDeps;
  #facts: Readonly<Record<string, FactReading>> = {};
  #dueAt = 0;
  #tools: number | null = null;
  #fingerprint: string | null = null;
  sessionsLost = 0;

  constructor(deps: ProbeDeps) {
    this.#deps = deps;
  }

  /** The list may have changed: read it with the next probe. */
  expire(): void {
    this.#dueAt = 0;
  }

  /** Climbs the levels and says what all readings mean together. */
  async climb(
    wire: Wire,
    plan: CheckPlan,
    session: Session,
    below: Readonly<Record<string, FactReading>>,
    budget: Budget,
  ): Promise<{ readonly finding: Finding; readonly inventory: Inventory | null }> {
    const { note } = session;
    const protocol =
      note === null
        ? reading('ok', session.manner.era, `The server answers (${session.info.protocolVersion}).`, session.ms)
        : reading('warn', note.code, note.message, session.ms);
    const listed = note === null ? await this.#inventory(wire, plan, session, budget) : null;
    const canary =
      plan.canary === null || note !== null ? null : await callCanary(wire, session.manner, plan.canary, budget);
    const facts: Record<string, FactReading> = {
      ...below,
      protocol,
      ...this.#facts,
      ...(canary === null ? {} : { canary }),
    };
    // The first trouble in the order of the levels is the reason; the others stay visible as facts.
    const trouble = TROUBLE_ORDER.map((name) => facts[name]).find((fact) => fact?.v === 'fail' || fact?.v === 'warn');
    const mcp: McpInfo = {
      transport: wire.transport,
      era: session.isProven ? session.manner.era : 'unknown',
      protocolVersion: session.info.protocolVersion,
      serverName: session.info.name,
      serverVersion: session.info.version,
      capabilities: session.info.capabilities,
      mode: plan.mode,
      sessionsLost: this.sessionsLost,
      tools: this.#tools,
      fingerprint: this.#fingerprint,
      acceptedFingerprint: null,
      drift: null,
    };
    const finding: Finding = {
      verdict: trouble === undefined ? 'healthy' : 'degraded',
      reason:
        trouble === undefined
          ? { code: 'ok', text: 'The server answers.' }
          : { code: trouble.code, text: trouble.text },
      phase: 'ready',
      facts,
      latencyMs: session.ms,
      mcp,
    };
    return { finding, inventory: listed };
  }

  async #inventory(wire: Wire, plan: CheckPlan, session: Session, budget: Budget): Promise<Inventory | null> {
    const now = this.#deps.clock.mono();
    const isGood = this.#facts['inventory']?.v === 'ok' || this.#facts['inventory']?.v === 'skip';
    // A list that failed is asked again each time: its recovery should not wait for the long interval.
    if (isGood && now < this.#dueAt) {
      if (Object.values(this.#facts).some((fact) => fact.v === 'fail'))
        this.#facts = { ...this.#facts, ...(await this.#others(wire, session, budget)) };
      return null;
    }
    this.#dueAt = now + plan.inventoryMs;
    const { capabilities } = session.info;
    if (capabilities.length > 0 && !capabilities.includes('tools')) {
      this.#facts = { inventory: reading('skip', 'not_offered', 'The server offers no tools.') };
      this.#tools = 0;
      return null;
    }
    const startedAt = now;
    const listed = await listTools(wire, session.manner, budget, {
      now: this.#deps.clock.now(),
      pagesMax: this.#deps.limits.toolPagesMax,
      bytesMax: this.#deps.limits.probeBodyBytesMax,
    });
    const ms = this.#deps.clock.mono() - startedAt;
    const others = listed.ok ? await this.#others(wire, session, budget) : {};
    if (!listed.ok) {
      this.#facts = { inventory: reading('fail', listed.code, listed.message, ms) };
      return null;
    }
    const count = listed.value.tools.length;
    this.#tools = count;
    this.#fingerprint = listed.value.fingerprint;
    const inventory =
      count === 0
        ? reading('warn', 'no_tools', 'The server lists no tools although it says it has some.', ms)
        : reading('ok', 'ok', `The server lists ${count} ${count === 1 ? 'tool' : 'tools'}.`, ms);
    this.#facts = { inventory, ...others };
    return listed.value;
  }

  /** Resources and prompts, first page only: a server without its database often fails there and nowhere else. */
  async #others(wire: Wire, session: Session, budget: Budget): Promise<Record<string, FactReading>> {
    const facts: Record<string, FactReading> = {};
    for (const name of ['resources', 'prompts']) {
      if (!session.info.capabilities.includes(name)) continue;
      const asked = await wire.ask({ method: `${name}/list`, params: {}, manner: session.manner, budget });
      if (!asked.ok) facts[name] = reading('fail', asked.code, `The list of ${name} cannot be read: ${asked.message}`);
      else if (asked.value.reply.is === 'result' || asked.value.reply.code === METHOD_NOT_FOUND) {
        facts[name] = reading('ok', 'ok', `The list of ${name} can be read.`, asked.value.ms);
      } else {
        facts[name] = reading(
          'fail',
          'rpc_error',
          `The server answers ${name}/list with error ${asked.value.reply.code}.`,
          asked.value.ms,
        );
      }
    }
    return facts;
  }
}

/** A finding for a server that did not get as far as a session. `reach` is what is known of the level below. */
export function faultFinding(
  fault: Fault,
  reach: FactReading | null,
  more: Readonly<Record<string, FactReading>> = {},
): Finding {
  const verdict = verdictOf(fault.code);
  const v = verdict === 'degraded' ? 'warn' : verdict === 'unknown' ? 'unknown' : 'fail';
  const level = reach === null ? 'reach' : 'protocol';
  return {
    verdict,
    reason: reasonOf(fault),
    phase: phaseOf(fault.code),
    facts: {
      ...(reach === null ? {} : { reach }),
      [level]: reading(v, fault.code, fault.message),
      ...more,
    },
    latencyMs: null,
    ...(fault.retryAfterMs === undefined ? {} : { waitMs: fault.retryAfterMs }),
    isFinal: FINAL.has(fault.code),
  };
}

const TROUBLE_ORDER: readonly string[] = [
  'protocol',
  'inventory',
  'resources',
  'prompts',
  'canary',
  'certificate',
  'noise',
];
/** Facts that need no second look: the process is gone. */
const FINAL: ReadonlySet<string> = new Set(['exited', 'spawn_failed']);
