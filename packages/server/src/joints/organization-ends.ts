/**
 * Organizations that are being deleted, or were. What is said of one is a document of `main`, which outlives it:
 *
 *     records --(slice by slice)--> rest --(slice by slice)--> done
 *
 *   records  nobody is let in any more; its records go as if somebody deleted them one by one, so that whoever follows records
 *            (checks, deadlines, views, pages) lets go of them. What those write meanwhile goes, too.
 *   rest     nothing new is taken; documents, history and the log of changes go from the store.
 *   done     its name stays, and is given to no other: keys of positions, of links and of its audit log would mean another one.
 *
 * Each step may be repeated, so a kill at any moment is gone on from. The audit log stays, with this as its last row but for
 * those of retention.
 */
import { ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { GroupCommit } from '../keep/commit.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Principal } from '../lib/principal.ts';

export interface OrganizationEndsDeps {
  readonly clock: Clock;
  readonly commit: Pick<GroupCommit, 'end' | 'write'>;
  readonly live: Pick<Live, 'collections' | 'count' | 'entries' | 'forget'>;
  readonly store: Pick<Store, 'document' | 'documents' | 'forget'>;
  readonly limits: Pick<
    Limits,
    'organizationEndRetryMs' | 'organizationEndSettleMs' | 'organizationEndSliceRecords' | 'organizationsEndedMax'
  >;
  /** It has ended: its people, keys and connections are shut out at once. Called again by a start that goes on with it. */
  readonly onEnded: (org: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}

/** An organization that is to be deleted, as who deletes it has seen it. */
export interface Ending {
  readonly id: string;
  readonly name: string;
  /** How many of what goes with it. */
  readonly lost: JsonObject;
  readonly why?: string | undefined;
}

type Stage = 'done' | 'records' | 'rest';

interface End {
  readonly stage: Stage;
  readonly name: string;
  readonly at: number;
  readonly by: { readonly kind: string; readonly id: string; readonly name: string };
  readonly lost: JsonObject;
  readonly why: string | null;
}

export class OrganizationEnds {
  readonly #deps: OrganizationEndsDeps;
  /** At most `organizationsEndedMax`. */
  readonly #ends = new Map<string, End>();
  /** One after the other: the disk is one. */
  #work: Promise<void> = Promise.resolve();
  #wait: { readonly timer: Timer; readonly go: () => void } | null = null;
  #isOpen = true;

  constructor(deps: OrganizationEndsDeps) {
    this.#deps = deps;
  }

  /** Reads what was begun. Call once, before anything is written. */
  async open(): Promise<void> {
    const { store, commit, live } = this.#deps;
    for (const { id: org, value } of await store.documents(KIND, HOME)) {
      const end = endIn(value);
      if (end === null) continue;
      this.#ends.set(org, end);
      if (end.stage === 'records') continue;
      commit.end(org);
      // Nobody who starts with the organizations that there are is to find it.
      live.forget(org);
    }
  }

  /** Goes on with what was begun. */
  start(): void {
    for (const [org, { stage }] of this.#ends) if (stage !== 'done') this.#begun(org);
  }

  /** Is, or was, it deleted? */
  has(org: string): boolean {
    return this.#ends.has(org);
  }

  /** Those that are being deleted now. */
  *underWay(): Generator<{ readonly id: string; readonly name: string; readonly records: number }> {
    for (const [id, { stage, name }] of this.#ends)
      if (stage !== 'done') yield { id, name, records: this.#deps.live.count(id) };
  }

  /** Begins. Once this resolves nobody is let in any more, whatever is killed; the rest follows. */
  async begin(by: Principal, { id, name, lost, why }: Ending): Promise<Result<null>> {
    const { clock, commit, limits } = this.#deps;
    if (id === HOME)
      return refuse('precondition', 'main runs this instance and cannot be deleted; delete the other organizations');
    if (this.has(id)) return ok(null);
    if (this.#ends.size >= limits.organizationsEndedMax)
      return refuse('too_large', `${limits.organizationsEndedMax} organizations were deleted, which is the most`);
    const end: End = {
      stage: 'records',
      name,
      lost,
      at: Math.floor(clock.now()),
      by: { kind: by.kind, id: by.id, name: by.name },
      why: why ?? null,
    };
    const written = await commit.write(HOME, by, (draft) => {
      draft.document(KIND, id, { ...end });
      draft.audit({ action: ACTION, target: { collection: 'organization', id }, before: { name, ...lost }, why });
      return ok(null);
    });
    if (!written.ok) return written;
    this.#ends.set(id, end);
    this.#begun(id);
    return ok(null);
  }

  /** Resolves when the step under way is over. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#wake();
    await this.#work;
  }

  #begun(org: string): void {
    this.#deps.onEnded(org);
    this.#work = this.#work.then(() => this.#finish(org));
  }

  async #finish(org: string): Promise<void> {
    while (this.#isOpen) {
      try {
        await this.#go(org);
        return;
      } catch (error) {
        this.#deps.onError(error, `${org} could not be deleted yet; it is tried again`);
        await this.#pause(this.#deps.limits.organizationEndRetryMs);
      }
    }
  }

  async #go(org: string): Promise<void> {
    const { commit, live, store, limits } = this.#deps;
    if (this.#stage(org) === 'records') {
      await this.#lastRow(org);
      await this.#records(org);
      // What follows records writes a little later what has become of them.
      await this.#pause(limits.organizationEndSettleMs);
      await this.#records(org);
      commit.end(org);
      // Behind this nothing is under way that was let through before.
      must(await commit.write(org, 'system', () => ok(null)));
      await this.#records(org);
      if (!this.#isOpen) return;
      live.forget(org);
      await this.#move(org, 'rest');
    }
    if (this.#isOpen && this.#stage(org) === 'rest') {
      await store.forget(org);
      await this.#move(org, 'done');
    }
  }

  /** The end of its own chain says who ended it, once, whatever was killed. */
  async #lastRow(org: string): Promise<void> {
    const { commit, store } = this.#deps;
    const end = this.#ends.get(org);
    if (end === undefined || (await store.document(KIND, org, 'told')) !== null) return;
    must(
      await commit.write(org, end.by, (draft) => {
        draft.document(KIND, 'told', { at: draft.now });
        draft.audit({
          action: ACTION,
          target: { collection: 'organization', id: org },
          before: { name: end.name, ...end.lost },
          why: end.why,
        });
        return ok(null);
      }),
    );
  }

  async #records(org: string): Promise<void> {
    while (this.#isOpen) {
      const slice = this.#slice(org);
      if (slice.length === 0) return;
      must(
        await this.#deps.commit.write(org, 'system', (draft) => {
          for (const [collection, id] of slice) if (draft.get(collection, id) !== null) draft.delete(collection, id);
          return ok(null);
        }),
      );
    }
  }

  #slice(org: string): readonly (readonly [collection: string, id: string])[] {
    const { live, limits } = this.#deps;
    const there = Array.from(live.collections(org));
    const slice: (readonly [string, string])[] = [];
    for (const collection of new Set([...FIRST, ...there])) {
      for (const { id } of live.entries(org, collection)) {
        if (slice.length >= limits.organizationEndSliceRecords) return slice;
        slice.push([collection, id]);
      }
    }
    return slice;
  }

  #stage(org: string): Stage {
    return this.#ends.get(org)?.stage ?? 'done';
  }

  async #move(org: string, stage: Stage): Promise<void> {
    const end = this.#ends.get(org);
    if (end === undefined) return;
    const next = { ...end, stage };
    must(
      await this.#deps.commit.write(HOME, 'system', (draft) => {
        draft.document(KIND, org, next);
        return ok(null);
      }),
    );
    this.#ends.set(org, next);
  }

  #pause(ms: number): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wait = { timer: this.#deps.clock.after(ms, () => this.#wake()), go: resolve };
    });
  }

  #wake(): void {
    const wait = this.#wait;
    this.#wait = null;
    wait?.timer.cancel();
    wait?.go();
  }
}

const KIND = 'organization-end';
const ACTION = 'organization:delete';
const HOME = 'main';

/** These first: nobody is told of the others' going, and nothing is asked or shown any more. */
const FIRST: readonly string[] = [
  'members',
  'channels',
  'policies',
  'rules',
  'subscribers',
  'pages',
  'embeds',
  'captures',
  'checks',
];

function must(result: Result<unknown>): void {
  if (!result.ok) throw new Error(result.message);
}

function endIn(value: Json | null): End | null {
  if (!isObject(value)) return null;
  const { stage, name, at, by, lost, why } = value;
  if (stage !== 'records' && stage !== 'rest' && stage !== 'done') return null;
  const who = isObject(by) ? by : {};
  return {
    stage,
    name: typeof name === 'string' ? name : '',
    at: typeof at === 'number' ? at : 0,
    by: { kind: wordIn(who, 'kind'), id: wordIn(who, 'id'), name: wordIn(who, 'name') },
    lost: isObject(lost) ? lost : {},
    why: typeof why === 'string' ? why : null,
  };
}

function wordIn(object: JsonObject, field: string): string {
  const word = object[field];
  return typeof word === 'string' ? word : '';
}

function isObject(value: Json | null | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
