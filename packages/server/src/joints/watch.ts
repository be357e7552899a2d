import { collectionOf, SECRET_NAMES, type Check, type Health, type Service } from '@statewire/model';
import type { Json, Row } from '@statewire/protocol';
import type { Deadlines } from '../collect/beats/deadline.ts';
import { CHECK_SECRETS, SECRET_HEADERS, secretKind } from '../collect/commands/check-secrets.ts';
import type { Command, CheckPlan } from '../collect/probes/plan.ts';
import type { Belief, Schedule } from '../collect/probes/schedule.ts';
import { deadlineOf } from '../derive/engine.ts';
import type { Change, Committed } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Vault } from '../lib/vault.ts';

export interface WatchDeps {
  readonly live: Live;
  readonly store: Pick<Store, 'document' | 'documents'>;
  /** Opens the secrets of checks. */
  readonly vault: Pick<Vault, 'open'>;
  readonly schedule: Pick<Schedule, 'upsert' | 'remove'>;
  readonly deadlines: Pick<Deadlines, 'set'>;
  /** Ends what a probe holds for a check that is no longer looked at. */
  readonly forget: (org: string, id: string) => void;
  /** Programs that `stdio:<name>` targets may start, from the operator's configuration. */
  readonly commands: Readonly<Record<string, Command>>;
  readonly onError: (error: unknown, what: string) => void;
}

/** The documents of one check as they are stored, by kind. */
type Secrets = Readonly<Record<string, Json | null>>;

/**
 * Keeps the schedule and the deadlines in step with the records: a commit that makes, changes, pauses or
 * deletes a service is followed here, whichever door it came through.
 */
export class Watch {
  readonly #deps: WatchDeps;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  /** Takes up everything that is stored. First probes are spread over their intervals. */
  async start(): Promise<void> {
    const { live, store } = this.#deps;
    const secrets = new Map<string, Secrets>();
    for (const kind of CHECK_SECRETS) {
      for (const { org, id, value } of await store.documents(kind, null)) {
        const key = `${org}/${id}`;
        secrets.set(key, { ...secrets.get(key), [kind]: value });
      }
    }
    for (const org of live.orgs()) {
      for (const collection of live.collections(org)) {
        for (const entry of live.entries(org, collection)) this.#deadline(org, collection, entry.id, entry.row);
      }
      for (const entry of live.entries(org, 'checks')) {
        this.#apply(org, entry.id, secrets.get(`${org}/${entry.id}`) ?? {}, { spread: true });
      }
    }
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    const moved = new Set<string>();
    for (const change of committed.changes) {
      this.#deadline(change.org, change.collection, change.id, change.after);
      if (movesSchedule(change)) moved.add(change.id);
    }
    for (const id of moved) void this.#reread(committed.org, id);
  }

  async #reread(org: string, id: string): Promise<void> {
    try {
      const secrets: Record<string, Json | null> = {};
      for (const kind of CHECK_SECRETS) secrets[kind] = await this.#deps.store.document(kind, org, id);
      this.#apply(org, id, secrets, { spread: false });
    } catch (error) {
      this.#deps.onError(error, `the check of ${org}/${id} could not be taken up`);
    }
  }

  /** Makes the schedule agree with what the records say now; whoever comes last has read the newest. */
  #apply(org: string, id: string, secrets: Secrets, options: { readonly spread: boolean }): void {
    const check = this.#deps.live.get(org, 'checks', id)?.row;
    const service = this.#deps.live.get(org, 'services', id)?.row;
    if (
      check === undefined ||
      service === undefined ||
      service['desired'] !== 'active' ||
      check['kind'] === 'heartbeat'
    ) {
      this.#deps.schedule.remove(org, id);
      this.#deps.forget(org, id);
      return;
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `checks` are Check.
    const plan = planOf(check as Check, secrets, this.#deps);
    this.#deps.schedule.upsert(plan, beliefOf(service), options);
  }

  #deadline(org: string, collection: string, id: string, row: Row | null): void {
    const kind = collectionOf(collection)?.kind ?? 'plain';
    this.#deps.deadlines.set(org, collection, id, deadlineOf(kind, row));
  }
}

/** What is believed of a service, for the pace of its probes. */
export function beliefOf(row: Row): Belief {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `services` are Service.
  const service = row as Service;
  const health: Health = service.health;
  return { health, suspect: service.suspect };
}

/** Joins a check with its secrets and, for `stdio:<name>`, its command. A secret that does not open is said in `locked`. */
export function planOf(check: Check, secrets: Secrets, deps: Pick<WatchDeps, 'commands' | 'vault'>): CheckPlan {
  const { org, id } = check;
  let locked: string | null = null;
  const open = (kind: string): Json | null => {
    const sealed = secrets[kind] ?? null;
    if (sealed === null) return null;
    const opened = deps.vault.open({ org, kind, id }, sealed);
    if (opened.ok) return opened.value;
    locked = opened.message;
    return null;
  };
  const secretHeaders: Record<string, string> = {};
  const headers = open(SECRET_HEADERS);
  if (typeof headers === 'object' && headers !== null && !Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') secretHeaders[name] = value;
  }
  const credentials: Record<string, string> = {};
  for (const name of SECRET_NAMES) {
    const value = open(secretKind(name));
    if (typeof value === 'string') credentials[name] = value;
  }
  const name = check.target.startsWith('stdio:') ? check.target.slice('stdio:'.length) : null;
  const command = name !== null && Object.hasOwn(deps.commands, name) ? (deps.commands[name] ?? null) : null;
  return { ...check, secretHeaders, credentials, command, locked };
}

/** Only what people set moves the schedule; a probe's own result must not start the next probe. */
function movesSchedule(change: Change): boolean {
  if (change.collection === 'checks') return true;
  if (change.collection !== 'services') return false;
  if (change.before === null || change.after === null) return true;
  return change.before['desired'] !== change.after['desired'];
}
