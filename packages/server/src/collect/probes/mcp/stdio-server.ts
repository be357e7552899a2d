import { ok, type JsonObject, type Result } from '@statewire/protocol';
import { Budget } from '../../egress/budget.ts';
import { fail, type Fault } from '../../egress/fault.ts';
import { isSilence } from '../classify.ts';
import type { CheckPlan } from '../plan.ts';
import { reading, type ProbeDeps } from '../probe.ts';
import { Child } from './child.ts';
import { EraMemory } from './era-memory.ts';
import { openSession, settle, type Session } from './era.ts';
import { faultFinding, Levels } from './levels.ts';
import { ListChanged } from './list-changed.ts';
import { askAlive, SESSION_LOST } from './liveness.ts';
import { METHOD_NOT_FOUND } from './rpc.ts';
import type { McpServer, McpLook } from './server.ts';

/** How many children are held, over all checks. */
export interface HeldChildren {
  count: number;
}

/**
 * What is kept about one MCP server that runs as our child. `hold` keeps the child and learns of its death from
 * the system; `fresh`, or no place left among the held, starts one per probe and ends it after.
 */
export class StdioServer implements McpServer {
  readonly #deps: ProbeDeps;
  readonly #held: HeldChildren;
  readonly #onTrip: (cause: string) => void;
  readonly #levels: Levels;
  readonly #listChanged: ListChanged;
  /** Children on their way out; awaited by close(). At most one per probe within the stop times. */
  readonly #stopping = new Set<Promise<void>>();
  #child: Child | null = null;
  #era: EraMemory;
  #session: Session | null = null;
  #spawnMs = 0;
  #isHeld = false;
  #isProbing = false;
  #usesPing = true;
  /** A held child ended between two probes: the next one reports it before it starts another. */
  #death: { readonly fault: Fault; readonly stderr: string } | null = null;
  #silences = 0;
  #isClosed = false;

  constructor(deps: ProbeDeps, held: HeldChildren, onTrip: (cause: string) => void) {
    this.#deps = deps;
    this.#held = held;
    this.#onTrip = onTrip;
    this.#levels = new Levels(deps);
    this.#era = new EraMemory(deps.clock);
    this.#listChanged = new ListChanged(deps.clock, () => {
      this.#levels.expire();
      if (!this.#isClosed) onTrip('list_changed');
    });
  }

  async probe(plan: CheckPlan): Promise<McpLook> {
    const death = this.#death;
    if (death !== null) {
      this.#death = null;
      this.#levels.sessionsLost += 1;
      return { finding: faultFinding(death.fault, null), inventory: null, evidence: death.stderr };
    }
    this.#isProbing = true;
    try {
      return await this.#look(plan);
    } finally {
      this.#isProbing = false;
      if (!this.#isHeld || this.#isClosed) this.#release();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listChanged.close();
    this.#release();
    await Promise.all(this.#stopping);
  }

  async #look(plan: CheckPlan): Promise<McpLook> {
    const budget = new Budget(this.#deps.clock, plan.timeoutMs);
    const greeted = await this.#greet(plan, budget);
    const child = this.#child;
    const stderr = child?.stderr ?? '';
    const reach = child === null ? null : reading('ok', 'running', 'The process runs.', this.#spawnMs);
    if (!greeted.ok) {
      // A held child that is silent may be stopped and go on later; one that stays silent is started anew.
      this.#silences = isSilence(greeted.code) ? this.#silences + 1 : 0;
      const isHopeless = this.#session === null || greeted.code === 'exited' || this.#silences >= SILENCES_MAX;
      if (isHopeless) this.#release();
      return {
        finding: faultFinding(greeted, greeted.code === 'exited' ? null : reach),
        inventory: null,
        evidence: stderr,
      };
    }
    this.#silences = 0;
    if (child === null) throw new Error('invariant broken: a session without its child');
    const noise =
      child.noise === 0
        ? {}
        : { noise: reading('warn', 'protocol_noise', 'The server prints something to its output that is not MCP.') };
    const facts = { ...(reach === null ? {} : { reach }), ...noise };
    const climbed = await this.#levels.climb(child, plan, greeted.value, facts, budget);
    return {
      ...climbed,
      // A list taken in doubt would become the accepted one, and could never be compared with the modern one.
      inventory: greeted.value.isProven || this.#era.isQuiet ? climbed.inventory : null,
      evidence: climbed.finding.verdict === 'healthy' ? null : stderr,
    };
  }

  async #greet(plan: CheckPlan, budget: Budget): Promise<Result<Session, Fault>> {
    const started = await this.#ensureChild(plan);
    if (!started.ok) return started;
    const child = started.value;
    if (this.#session !== null) {
      const { manner } = this.#session;
      const alive = await askAlive(child, manner, this.#usesPing, budget);
      if (alive.ok) {
        this.#usesPing = alive.value.usesPing;
        const session = { ...this.#session, ms: alive.value.ms };
        this.#session = session.isProven || !this.#era.isDue ? session : await this.#settled(child, session, budget);
        return ok(this.#session);
      }
      if (alive.code !== SESSION_LOST) return alive;
    }
    const opened = await openSession(child, null, budget);
    if (opened.ok) {
      this.#session = opened.value;
      this.#era.learn(opened.value, null);
      if (this.#isHeld) this.#levels.expire();
    }
    return opened;
  }

  async #settled(child: Child, session: Session, budget: Budget): Promise<Session> {
    const settled = await settle(child, session, budget);
    this.#era.learn(settled, null);
    if (settled.isProven || this.#era.isQuiet) this.#levels.expire();
    return settled;
  }

  async #ensureChild(plan: CheckPlan): Promise<Result<Child, Fault>> {
    if (this.#child !== null) return ok(this.#child);
    if (plan.command === null) {
      return fail(
        'no_command',
        'The configuration of this server lists no command of that name; stdio commands come from there only.',
      );
    }
    const startedAt = this.#deps.clock.mono();
    const started = await Child.start(this.#deps, plan.command, {
      onExit: () => this.#onExit(),
      onMessage: (message) => this.#onMessage(message),
    });
    if (!started.ok) return started;
    this.#spawnMs = this.#deps.clock.mono() - startedAt;
    this.#child = started.value;
    this.#isHeld = plan.mode === 'hold' && this.#held.count < this.#deps.limits.childrenHeldMax;
    if (this.#isHeld) this.#held.count += 1;
    return started;
  }

  #onExit(): void {
    const child = this.#child;
    if (child === null || child.exit === null || this.#session === null || !this.#isHeld || this.#isClosed) return;
    // The probe under way sees the end itself; it still asks for another look, to start a new child soon.
    if (!this.#isProbing) {
      this.#death = { fault: child.exit, stderr: child.stderr };
      this.#release();
    }
    this.#onTrip('exited');
  }

  #onMessage(message: JsonObject): void {
    const { id, method } = message;
    if (method === 'notifications/tools/list_changed') {
      this.#levels.expire();
      this.#listChanged.notice();
    }
    if (typeof id !== 'number' && typeof id !== 'string') return;
    this.#child?.answer(
      method === 'ping'
        ? { jsonrpc: '2.0', id, result: {} }
        : { jsonrpc: '2.0', id, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } },
    );
  }

  /** Lets the child go. Its end is awaited by close(), not by the probe. */
  #release(): void {
    const child = this.#child;
    this.#child = null;
    this.#session = null;
    this.#era = new EraMemory(this.#deps.clock);
    this.#silences = 0;
    if (this.#isHeld) this.#held.count -= 1;
    this.#isHeld = false;
    if (child === null) return;
    const stopping = child.stop();
    this.#stopping.add(stopping);
    void stopping.finally(() => this.#stopping.delete(stopping));
  }
}

const SILENCES_MAX = 3;
