/**
 * Heartbeats: a request to `/v1/heartbeats/<slug>` is a sign of life of a heartbeat service or of an agent.
 *
 * With a credential that may report, the slug is a record's id. Without one it must be the service's own token, which
 * nobody can guess: cron and curl can then beat without holding a key. The token is the target of the service's check,
 * so that only administrators see it.
 */
import type { Check } from '@statewire/model';
import { nextRun } from '../../lib/cron.ts';
import { ok, refuse, type Result, type Row } from '@statewire/protocol';
import type { Draft, Written } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import { speakFor } from '../instructions/instruct.ts';
import { actorOf, type WriteDeps } from '../reports/deps.ts';
import { answerOf, type ReportAnswer } from '../reports/report.ts';
import type { BeatObservation } from '../observation.ts';

/** A heartbeat as it came in. */
export interface Beat {
  /** Null when the slug itself is the credential. */
  readonly principal: Principal | null;
  readonly slug: string;
  readonly signal: BeatObservation['signal'];
  readonly ms: number | null;
  readonly text: string;
  /** Make the service when there is none; needs a principal. */
  readonly create: { readonly periodMs: number } | null;
  /** Agents: when the next one is to be expected; default 60 s. Services have their check's interval. */
  readonly periodMs?: number | undefined;
}

export interface BeatsDeps extends WriteDeps {
  /** Makes a heartbeat service inside a transaction (collect/commands/services.ts). */
  readonly createHeartbeat: (draft: Draft, made: { readonly id: string; readonly periodMs: number }) => Result<unknown>;
}

const AGENT_PERIOD_MS = 60_000;
const TEXT_MAX = 500;

export class Beats {
  readonly #deps: BeatsDeps;
  readonly #byToken = new Map<string, { readonly org: string; readonly id: string }>();

  constructor(deps: BeatsDeps) {
    this.#deps = deps;
  }

  /** Keeps the tokens up to date: called with every record of `checks` at start, and with each change of one. */
  checkChanged(before: Row | null, after: Row | null): void {
    const old = tokenOf(before);
    const token = tokenOf(after);
    if (old !== null && old !== token) this.#byToken.delete(old);
    if (token !== null && after !== null) this.#byToken.set(token, { org: after.org, id: after.id });
  }

  /** Applies one heartbeat. The value is `{id}` of the record that lives. */
  async beat(beat: Beat): Promise<Result<Written<ReportAnswer>>> {
    const { principal, slug } = beat;
    const { authorize, commit } = this.#deps;
    const owner = this.#byToken.get(slug);
    if (owner !== undefined && (principal === null || principal.org === owner.org)) {
      return commit.write(owner.org, 'beat', (draft) => this.#apply(draft, owner.id, beat));
    }
    if (principal === null) return unknownSlug();
    const may = authorize(principal, 'report', 'services');
    if (!may.ok) return may;
    return commit.write(principal.org, actorOf(principal), (draft) => this.#apply(draft, slug, beat));
  }

  #apply(draft: Draft, id: string, beat: Beat): Result<ReportAnswer> {
    const service = draft.get('services', id);
    if (service !== null) return this.#toService(draft, service, beat);
    if (draft.get('agents', id) !== null) return this.#toAgent(draft, id, beat);
    if (beat.create === null || beat.principal === null) return unknownSlug();
    const room = this.#roomFor(draft);
    if (!room.ok) return room;
    const made = this.#deps.createHeartbeat(draft, { id, periodMs: beat.create.periodMs });
    if (!made.ok) return made;
    const born = draft.get('services', id);
    return born === null ? unknownSlug() : this.#toService(draft, born, beat);
  }

  #toAgent(draft: Draft, id: string, beat: Beat): Result<ReportAnswer> {
    const beaten = this.#to(draft, { collection: 'agents', id }, beat, agentWait(beat));
    if (!beaten.ok) return beaten;
    const { principal } = beat;
    if (principal !== null && principal.kind !== 'user') {
      speakFor(this.#deps, draft, id, { id: principal.id, isPresent: false });
    }
    return ok(answerOf(draft, { collection: 'agents' }, id));
  }

  #toService(draft: Draft, service: Row, beat: Beat): Result<{ readonly id: string }> {
    const { id } = service;
    if (service['kind'] !== 'heartbeat') {
      return refuse('unsupported', `services/${id} is no heartbeat and cannot be beaten`);
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `checks` are Check.
    const check = draft.get('checks', id) as Check | null;
    const rules = this.#deps.engine.rulesOf(check, 'services');
    const next = rules.cron === null ? null : nextRun(rules.cron, draft.now);
    const periodMs = next === null ? rules.intervalMs : next - draft.now;
    return this.#to(draft, { collection: 'services', id }, beat, { periodMs, graceMs: rules.graceMs });
  }

  #to(
    draft: Draft,
    to: { readonly collection: string; readonly id: string },
    beat: Beat,
    wait: { readonly periodMs: number; readonly graceMs: number },
  ): Result<{ readonly id: string }> {
    const observation: BeatObservation = {
      kind: 'beat',
      at: draft.now,
      signal: beat.signal,
      ...wait,
      ms: beat.ms,
      text: firstLine(beat.text),
    };
    const observed = this.#deps.observeIn(draft, { ...to, observation });
    return observed.ok ? ok({ id: to.id }) : observed;
  }

  /** A reporter with a loop and a random name must not fill the board. */
  #roomFor(draft: Draft): Result<null> {
    const max = this.#deps.limits.beatServicesMax;
    let count = 0;
    for (const row of draft.all('services')) if (row['managedBy'] === 'beat') count += 1;
    if (count < max) return ok(null);
    return refuse('too_large', `found ${count} services made by heartbeats, which is the limit; make this one by hand`);
  }
}

function agentWait(beat: Beat): { readonly periodMs: number; readonly graceMs: number } {
  const periodMs = beat.periodMs ?? beat.create?.periodMs ?? AGENT_PERIOD_MS;
  return { periodMs, graceMs: Math.min(Math.max(Math.floor(periodMs / 2), 15_000), 3_600_000) };
}

/** The same answer for a slug that does not exist and one that belongs to somebody else. */
function unknownSlug(): Result<never> {
  return refuse(
    'not_found',
    "no heartbeat of this name; send a credential that may report, or the service's own token",
  );
}

function tokenOf(row: Row | null): string | null {
  const token = row !== null && row['kind'] === 'heartbeat' ? row['target'] : null;
  return typeof token === 'string' && token !== '' ? token : null;
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').trim().slice(0, TEXT_MAX);
}
