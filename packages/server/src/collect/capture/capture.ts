/**
 * One capture, from the start of the process to its end: it is run, and run again after whatever ended it, with growing waits while
 * nothing gets better. All it knows of earlier runs is the mark that stands with the records.
 */
import type { Json, Row } from '@statewire/protocol';
import type { Commit } from '../../keep/commit-types.ts';
import type { Timer } from '../../lib/clock.ts';
import type { Egress } from '../egress/egress.ts';
import { Applier, CAPTURE_MARK, type ApplyDeps } from './apply.ts';
import { Database } from './database.ts';
import { followLog } from './follow-log.ts';
import { followPolls } from './follow-polls.ts';
import { readMark } from './mark.ts';
import { speakerOf } from './report-row.ts';
import type { CapturePlan } from './plan.ts';
import type { AnyPlan, WebhookPlan } from './plans.ts';
import type { FeedDeps, RunDeps } from './run.ts';
import { Told } from './told.ts';
import { noOrganization, trouble, type Trouble } from './trouble.ts';

export interface CaptureDeps extends ApplyDeps {
  readonly commit: Pick<Commit, 'version' | 'write'>;
  readonly live: {
    orgs(): Iterable<string>;
    collections(org: string): Iterable<string>;
    entries(org: string, collection: string): Iterable<{ readonly id: string; readonly row: Row }>;
  };
  readonly store: { document(kind: string, org: string, id: string): Promise<Json | null> };
  readonly hasOrg: (org: string) => boolean;
  /** The way out, for what is fetched from addresses that are not a database's. */
  readonly egress: Egress;
  readonly onError: (error: unknown, what: string) => void;
  /** Something a person who runs the server may want to know. */
  readonly onTrouble: (id: string, trouble: Trouble) => void;
}

/** A plan of something that we go and get. */
export type FollowedPlan = Exclude<AnyPlan, WebhookPlan>;

export class Capture {
  readonly #deps: CaptureDeps;
  readonly #plan: FollowedPlan;
  readonly #applier: Applier;
  readonly #told: Told;
  readonly #over = new AbortController();
  #tries = 0;
  /** The last run ended early because of other columns. */
  #isChanged = false;
  #timer: Timer | null = null;
  #run: Promise<void> = Promise.resolve();

  constructor(deps: CaptureDeps, plan: FollowedPlan) {
    this.#deps = deps;
    this.#plan = plan;
    this.#applier = new Applier(deps, plan);
    this.#told = new Told({ ...deps, tellMs: deps.limits.captureTellMs }, plan);
  }

  start(): void {
    this.#run = this.#once();
  }

  /** Ends it and waits until nothing of it is under way. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#told.close();
    this.#over.abort();
    await this.#run;
  }

  async #once(): Promise<void> {
    const { clock, onError, onTrouble, hasOrg } = this.#deps;
    const { id, org } = this.#plan;
    const began = clock.mono();
    const isHome = hasOrg(org);
    let why: Trouble;
    try {
      why = isHome ? await this.#follow() : noOrganization(org);
    } catch (error) {
      onError(error, `capture ${id} failed`);
      why = { code: 'internal', message: 'the capture failed for a reason of ours; the log of the server says which' };
    }
    if (this.#over.signal.aborted) return;
    // One that ran well for a while begins its waits anew.
    const isNews = why.code === 'schema_changed' && !this.#isChanged;
    this.#isChanged = why.code === 'schema_changed' && clock.mono() - began <= STEADY_MS;
    if (clock.mono() - began > STEADY_MS || isNews) this.#tries = 0;
    // A change of columns is no trouble; one after the other without a rest between them is.
    if (!isNews) {
      // Saying it there would make the organization.
      if (isHome) this.#told.waits(why);
      onTrouble(id, why);
    }
    const waitMs = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** this.#tries) * (0.75 + clock.random() / 2);
    this.#tries = Math.min(this.#tries + 1, 10);
    this.#timer = clock.after(waitMs, () => this.start());
  }

  async #follow(): Promise<Trouble> {
    const plan = this.#plan;
    if (plan.kind === 'json') {
      const { followJson } = await import('./follow-json.ts');
      return followJson({ ...this.#feedDeps(plan), egress: this.#deps.egress });
    }
    if (plan.kind === 'mysql') {
      const { followMysql } = await import('./follow-mysql.ts');
      return followMysql(this.#feedDeps(plan));
    }
    return (plan.mode === 'poll' ? followPolls : followLog)(this.#runDeps(plan));
  }

  #runDeps(plan: CapturePlan): RunDeps {
    const { clock, limits } = this.#deps;
    return {
      ...this.#feedDeps(plan),
      open: async (isReplication) => {
        const opened = await Database.open({
          clock,
          url: plan.url,
          name: `statewire-capture ${plan.id}`,
          isReplication,
          connectMs: limits.captureConnectMs,
          statementMs: limits.captureStatementMs,
        });
        // It was ended meanwhile, and nobody would tell what is made with this connection.
        if (!opened.ok || !this.#over.signal.aborted) return opened;
        opened.value.close();
        return trouble('cut', 'the capture was ended');
      },
    };
  }

  #feedDeps<P extends FollowedPlan>(plan: P): FeedDeps<P> {
    const { clock, limits, store, live } = this.#deps;
    return {
      clock,
      limits,
      plan,
      applier: this.#applier,
      told: this.#told,
      signal: this.#over.signal,
      mark: async () => readMark(await store.document(CAPTURE_MARK, plan.org, plan.id)),
      idsOf: (table) => idsOf(live.entries(plan.org, table.collection), this.#applier.sourceOf(table)),
    };
  }
}

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 30_000;
const STEADY_MS = 10_000;

function* idsOf(entries: Iterable<{ readonly id: string; readonly row: Row }>, source: string): Iterable<string> {
  for (const { id, row } of entries) {
    if (speakerOf(row) === source) yield id;
  }
}
