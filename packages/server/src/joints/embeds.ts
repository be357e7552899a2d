/**
 * Who a token of an embed is: found by its hash in memory, which follows the commits. What is taken from an embed is taken
 * from whoever is connected by it before the commit is answered.
 */
import type { Embed } from '@statewire/model';
import { equalJson, ok, parseFilter, NONE, refuse, type Result, type Row } from '@statewire/protocol';
import type { MutationFailure } from '../collect/commands/base.ts';
import type { Done, VerbCall } from '../collect/commands/verb.ts';
import type { Commit, Committed, Written } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { embedDigest, EMBED_TOKEN, EMBED_TOKENS } from '../lib/embed-token.ts';
import type { EmbedSight, Principal } from '../lib/principal.ts';
import type { Vault } from '../lib/vault.ts';

export interface EmbedsDeps {
  readonly clock: Pick<Clock, 'after' | 'now'>;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  /** What those may do who are connected as this principal has changed; `of` says what it is now, null: nothing. */
  readonly onChanged: (principalId: string, of: (was: Principal) => Principal | null) => void;
  readonly commit: () => Pick<Commit, 'write'>;
  readonly onError: (error: unknown, what: string) => void;
}

/** `lastUsedAt` is for people; a minute is exact enough, and so often at most it is written. */
const USED_STEP_MS = 60_000;

export class Embeds {
  readonly #deps: EmbedsDeps;
  readonly #byDigest = new Map<string, { readonly org: string; readonly id: string }>();
  /** By the id of the principal, for as long as it is not written; as many as there are embeds. */
  readonly #used = new Map<string, { readonly org: string; readonly id: string; readonly at: number }>();
  #timer: Timer | null = null;

  constructor(deps: EmbedsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { live } = this.#deps;
    for (const org of live.orgs()) for (const { row } of live.entries(org, 'embeds')) this.#add(org, row);
  }

  follow({ org, changes }: Committed): void {
    for (const { collection, id, before, after } of changes) {
      if (collection !== 'embeds') continue;
      if (before !== null) this.#byDigest.delete(digestOf(before));
      if (after !== null) this.#add(org, after);
      // Nobody is asked again who they are because they were here.
      if (before !== null && after !== null && isUse(before, after)) continue;
      const isSame = after !== null && before?.['digest'] === after['digest'];
      this.#deps.onChanged(idOf(org, id), (was) =>
        isSame && after !== null && was.embed !== undefined ? this.#principal(org, after, was.embed.from) : null,
      );
    }
  }

  /** The principal behind a token, for a page of this origin. */
  verify(token: string | undefined, from: EmbedSight['from']): Result<Principal> {
    if (token === undefined) return refuse('auth_required', 'panels are opened by the token of an embed');
    if (!token.startsWith(EMBED_TOKEN)) {
      return refuse(
        'auth_invalid',
        'panels are opened by the token of an embed, and by no key, session or other token',
      );
    }
    const found = this.#byDigest.get(embedDigest(token));
    const row = found === undefined ? undefined : this.#deps.live.get(found.org, 'embeds', found.id)?.row;
    const principal = found === undefined || row === undefined ? null : this.#principal(found.org, row, from);
    if (principal !== null && found !== undefined) {
      this.#note(found.org, found.id, row?.['lastUsedAt'] ?? null);
      return ok(principal);
    }
    return row !== undefined && row['isEnabled'] === true && !mayShow(row, from)
      ? refuse('forbidden', 'pages of this origin may not show this embed; its organization can list it')
      : refuse('auth_invalid', 'the token is unknown, disabled, expired or was replaced');
  }

  /** Stores when tokens were last used. Happens by itself within a minute, so that nobody who is let in waits for a write; call it at the end. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const used = [...this.#used.values()];
    this.#used.clear();
    for (const [org, of] of Map.groupBy(used, (each) => each.org)) {
      const written = await this.#deps.commit().write(org, 'system', (draft) => {
        for (const { id, at } of of) {
          const row = draft.get('embeds', id);
          if (row !== null) draft.put('embeds', id, { ...row, lastUsedAt: at });
        }
        return ok(null);
      });
      // Nothing but a time is lost, and the next use tells it.
      if (!written.ok) this.#deps.onError(new Error(written.message), 'the last use of embeds could not be written');
    }
  }

  #note(org: string, id: string, known: unknown): void {
    const at = this.#deps.clock.now();
    if (typeof known === 'number' && Math.abs(at - known) < USED_STEP_MS) return;
    this.#used.set(idOf(org, id), { org, id, at });
    this.#timer ??= this.#deps.clock.after(USED_STEP_MS, () => void this.flush());
  }

  #add(org: string, row: Row): void {
    this.#byDigest.set(digestOf(row), { org, id: row.id });
  }

  #principal(org: string, row: Row, from: EmbedSight['from']): Principal | null {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `embeds` are Embed.
    const { id, name, views, expiresAt, isEnabled } = row as Row & Embed;
    if (!isEnabled || !mayShow(row, from)) return null;
    if (expiresAt !== null && expiresAt <= this.#deps.clock.now()) return null;
    const sights = views.map(({ collection, filter, fields }) => {
      const parsed = parseFilter(filter ?? undefined);
      return [collection, { filter: parsed.ok ? parsed.value : NONE, fields }] as const;
    });
    return {
      kind: 'token',
      id: idOf(org, id),
      name,
      org,
      scopes: [],
      // Nothing at any door that asks for permissions: what it sees is the embed's alone.
      permissions: NOTHING,
      isOperator: false,
      expiresAt,
      embed: { views: new Map(sights), from },
    };
  }
}

/** Says the token of an embed to whoever may manage it. */
export async function tellToken(
  {
    commit,
    live,
    store,
    vault,
  }: {
    readonly commit: Pick<Commit, 'version'>;
    readonly live: Pick<Live, 'get'>;
    readonly store: Pick<Store, 'document'>;
    readonly vault: Pick<Vault, 'open'>;
  },
  { principal: { org }, id }: VerbCall,
): Promise<Result<Written<Done>, MutationFailure>> {
  const missing = refuse('not_found', `there is no embeds/${id}`);
  if (live.get(org, 'embeds', id) === null) return missing;
  const sealed = await store.document(EMBED_TOKENS, org, id);
  if (sealed === null) return missing;
  const opened = vault.open({ org, kind: EMBED_TOKENS, id }, sealed);
  if (!opened.ok) return refuse('precondition', `${opened.message}: give the embed a new token`);
  return ok({ version: commit.version(org), value: { id, token: opened.value } });
}

const NOTHING: readonly string[] = Object.freeze([]);

/** Is all that changed when it was used? */
function isUse(before: Row, after: Row): boolean {
  const bare = (row: Row): Row => ({ ...row, lastUsedAt: null, version: 0, updatedAt: 0 });
  return before['lastUsedAt'] !== after['lastUsedAt'] && equalJson(bare(before), bare(after));
}

function digestOf(row: Row): string {
  return typeof row['digest'] === 'string' ? row['digest'] : '';
}

function idOf(org: string, id: string): string {
  return `embed:${org}:${id}`;
}

function mayShow(row: Row, { origin, isOwn }: EmbedSight['from']): boolean {
  const origins = row['origins'];
  // Whoever manages it looks at it in our own pages.
  return !Array.isArray(origins) || isOwn || (origin !== null && origins.includes(origin));
}
