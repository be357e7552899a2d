/**
 * What spans say becomes reports: one for each edge (agent and service) of a request, one for each agent that was seen.
 * A request is written about a hundred reports to a transaction. Services are found and never made.
 */
import { ok, refuse, type Result, type Row } from '@statewire/protocol';
import { collectionOf, readReport } from '@statewire/model';
import type { Draft } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import { actorOf, type WriteDeps } from '../reports/deps.ts';
import { applyMetricReport } from '../reports/metric-report.ts';
import { applyStatusReport } from '../reports/status-report.ts';
import { reportOf, type Edge } from './edges.ts';
import type { Reading, Readings } from './metrics.ts';
import { Targets } from './targets.ts';
import type { Call, Traces } from './traces.ts';

/** What became of a request, as the protocol says it: how much was not taken, and why. */
export interface Taken {
  readonly rejected: number;
  readonly why: string;
}

export interface OtlpDeps extends WriteDeps {
  readonly live: { entries(org: string, collection: string): Iterable<{ readonly id: string; readonly row: Row }> };
}

export interface Otlp {
  /** Takes spans of a caller. `periodMs`: the next come within this time. */
  traces(principal: Principal, traces: Traces, options: { readonly periodMs: number | null }): Promise<Result<Taken>>;
  /** Takes numbers of a caller. */
  metrics(principal: Principal, found: Readings): Promise<Result<Taken>>;
}

export function createOtlp(deps: OtlpDeps): Otlp {
  const known = new Known(deps);
  return {
    async traces(principal, traces, { periodMs }) {
      for (const collection of ['agents', 'connections']) {
        const may = deps.authorize(principal, 'report', collection);
        if (!may.ok) return may;
      }
      const rejected = new Rejections();
      if (traces.surplus > 0)
        rejected.add(traces.surplus, `more than ${deps.limits.otlpSpansMax} spans in one request`);
      const { agents, edges } = conflate(deps, traces.calls, known.of(principal.org), rejected);
      const budget = { records: deps.limits.otlpNewRecordsMax };
      const jobs = [
        ...[...agents.values()].map((call) => ({
          count: 0,
          apply: (draft: Draft) => seeAgent(deps, draft, { principal, call, periodMs, budget }),
        })),
        ...[...edges.values()].map((edge) => ({
          count: edge.calls.length,
          apply: (draft: Draft) => writeEdge(deps, draft, { principal, edge, periodMs, budget }),
        })),
      ];
      return writeAll(deps, principal, jobs, rejected);
    },

    async metrics(principal, { readings, refused }) {
      const may = deps.authorize(principal, 'report', 'metrics');
      if (!may.ok) return may;
      const rejected = new Rejections();
      for (const { count, why } of refused) rejected.add(count, why);
      const budget = { records: deps.limits.otlpNewRecordsMax };
      const jobs = readings.map((reading) => ({
        count: reading.points,
        apply: (draft: Draft) => writeMetric(deps, draft, { principal, reading, budget }),
      }));
      return writeAll(deps, principal, jobs, rejected);
    },
  };
}

/** One report of a request: how much it stands for, and how it is written. */
interface Job {
  readonly count: number;
  readonly apply: (draft: Draft) => Result<string>;
}

async function writeAll(
  deps: OtlpDeps,
  principal: Principal,
  jobs: readonly Job[],
  rejected: Rejections,
): Promise<Result<Taken>> {
  const step = deps.limits.reportsPerTransactionMax;
  for (let from = 0; from < jobs.length; from += step) {
    const slice = jobs.slice(from, from + step);
    const written = await deps.commit.write(principal.org, actorOf(principal), (draft) =>
      ok(slice.map(({ apply }) => draft.attempt(() => apply(draft)))),
    );
    // Nothing was written yet: the exporter may send it all again.
    if (!written.ok && from === 0) return written;
    for (const [i, { count }] of slice.entries()) {
      const result = written.ok ? written.value.value[i] : written;
      if (result !== undefined && !result.ok) rejected.add(count, result.message);
    }
  }
  return ok(rejected.taken());
}

/** Spans of one edge become one, whatever their order. */
function conflate(
  { limits }: Pick<OtlpDeps, 'limits'>,
  calls: readonly Call[],
  targets: Targets,
  rejected: Rejections,
): { readonly agents: ReadonlyMap<string, Call>; readonly edges: ReadonlyMap<string, Edge> } {
  const agents = new Map<string, Call>();
  const edges = new Map<string, Edge & { readonly calls: Call[] }>();
  for (const call of calls) {
    const { agent, target } = call;
    if (agent === null) {
      rejected.add(1, 'nobody is named; set gen_ai.agent.id, or service.name of the resource');
      continue;
    }
    if (!agents.has(agent) && agents.size >= limits.otlpEdgesMax) {
      rejected.add(1, `more than ${limits.otlpEdgesMax} agents in one request`);
      continue;
    }
    const seen = agents.get(agent);
    if (seen === undefined || (call.at ?? 0) > (seen.at ?? 0)) agents.set(agent, call);
    if (target === null) continue;
    const service = targets.find(target);
    if (!service.ok) {
      rejected.add(1, service.message);
      continue;
    }
    const id = `${agent}:${service.value}`;
    const edge = edges.get(id);
    if (edge !== undefined) edge.calls.push(call);
    else if (id.length > 128)
      rejected.add(1, `the ids of agent and service are too long together: ${agent.slice(0, 40)}`);
    else if (edges.size >= limits.otlpEdgesMax)
      rejected.add(1, `more than ${limits.otlpEdgesMax} pairs of agent and service in one request`);
    else edges.set(id, { agent, service: service.value, calls: [call] });
  }
  return { agents, edges };
}

interface Writing {
  readonly principal: Principal;
  readonly periodMs: number | null;
  /** Records that this request may still make. */
  readonly budget: { records: number };
}

/** A sign of life. What people or the agent said of its name and release stays. */
function seeAgent(
  deps: OtlpDeps,
  draft: Draft,
  { principal, call, periodMs, budget }: Writing & { readonly call: Call },
) {
  const id = call.agent ?? '';
  const before = draft.get('agents', id);
  const isNew = before === null;
  if (isNew && !spend(budget)) return tooMany(deps);
  const named = {
    ...(call.agentName === '' ? {} : { name: call.agentName }),
    ...(call.release === '' ? {} : { release: call.release }),
  };
  return apply(deps, draft, principal, {
    collection: 'agents',
    id,
    ...(isNew ? named : {}),
    // Whoever is known by an open connection is there or not by that: their last spans come after they went.
    ...(isNew || (before['presence'] === 'report' && before['phase'] === 'offline') ? { phase: 'running' } : {}),
    ...(call.at === null ? {} : { observedAt: Math.floor(call.at) }),
    ...(periodMs === null ? {} : { periodMs }),
  });
}

function writeEdge(
  deps: OtlpDeps,
  draft: Draft,
  { principal, edge, periodMs, budget }: Writing & { readonly edge: Edge },
): Result<string> {
  const id = `${edge.agent}:${edge.service}`;
  const before = draft.get('connections', id);
  if (before === null && !spend(budget)) return tooMany(deps);
  return apply(deps, draft, principal, { collection: 'connections', id, ...reportOf(edge, before, periodMs) });
}

function writeMetric(
  deps: OtlpDeps,
  draft: Draft,
  { principal, reading, budget }: Omit<Writing, 'periodMs'> & { readonly reading: Reading },
): Result<string> {
  const { id, title, unit, kind, how, value } = reading;
  if (draft.get('metrics', id) === null && !spend(budget)) return tooMany(deps);
  const read = readReport({ collection: 'metrics', id, title, unit, kind, [how]: value }, collectionOf);
  return read.ok ? applyMetricReport(deps, draft, { id, fields: read.value.fields, sourceId: principal.id }) : read;
}

/** The road of every report; only that a collector, which speaks for many agents, does not become the one who is told. */
function apply(deps: OtlpDeps, draft: Draft, principal: Principal, report: object): Result<string> {
  const read = readReport(report, collectionOf);
  if (!read.ok) return read;
  return applyStatusReport(deps, draft, { ...read.value, cancelRequested: undefined }, principal.id);
}

function spend(budget: { records: number }): boolean {
  if (budget.records === 0) return false;
  budget.records -= 1;
  return true;
}

function tooMany({ limits }: Pick<OtlpDeps, 'limits'>): Result<string> {
  return refuse('too_many_records', `more than ${limits.otlpNewRecordsMax} new records in one request`);
}

/** How much was not taken, by reason. */
class Rejections {
  readonly #reasons = new Map<string, number>();
  #count = 0;

  add(count: number, why: string): void {
    this.#count += count;
    if (this.#reasons.size < REASONS_MAX || this.#reasons.has(why))
      this.#reasons.set(why, (this.#reasons.get(why) ?? 0) + count);
  }

  taken(): Taken {
    const why = [...this.#reasons].map(([reason, count]) => (count > 1 ? `${reason} (${count})` : reason)).join('; ');
    return { rejected: this.#count, why: why.slice(0, 2_000) };
  }
}

const REASONS_MAX = 8;

/** The services of each organization as spans name them, made anew at most once a second. */
class Known {
  readonly #deps: OtlpDeps;
  readonly #held = new Map<string, { readonly at: number; readonly targets: Targets }>();

  constructor(deps: OtlpDeps) {
    this.#deps = deps;
  }

  of(org: string): Targets {
    const { clock, limits, live } = this.#deps;
    const now = clock.mono();
    const held = this.#held.get(org);
    if (held !== undefined && now - held.at < limits.otlpTargetsMs) return held.targets;
    const targets = new Targets(live.entries(org, 'services'));
    this.#held.delete(org);
    if (this.#held.size >= limits.otlpOrgsMax) this.#held.clear();
    this.#held.set(org, { at: now, targets });
    return targets;
  }
}
