import type { Scope } from '@statewire/model';
import type { Filter, JsonObject } from '@statewire/protocol';

/** Where a call came from. */
export interface From {
  readonly ip: string;
  /** What the program calls itself (User-Agent); empty when it says nothing. */
  readonly agent: string;
  readonly door: 'poll' | 'rest' | 'stream' | 'websocket';
}

/** What the token of an embed opens. */
export interface EmbedSight {
  /** By collection: which records, and which of their fields. */
  readonly views: ReadonlyMap<string, { readonly filter: Filter; readonly fields: readonly string[] }>;
  /** The page that shows it: an embed may be for some origins only. */
  readonly from: { readonly origin: string | null; readonly isOwn: boolean };
}

export type { Scope } from '@statewire/model';

/** Who a credential is, before it is worked out what they may do. */
export type Identity = Omit<Principal, 'permissions'>;

/**
 * Who is calling, and for which organization. Made by serve/auth only; every door (REST, live, commands)
 * asks `authorize` in publish/access.ts with it. One principal per connection.
 */
export interface Principal {
  readonly kind: 'user' | 'key' | 'token';
  /** Stable id: user id, key id, or `<issuer>|<sub>`. */
  readonly id: string;
  readonly name: string;
  readonly org: string;
  /** What its credential says in three words; for apps' rules and for people to read. What it may do is `permissions`. */
  readonly scopes: readonly Scope[];
  /** What it may do: `<collection or area>:<operation>`, `*` is any. Only `can` in publish/access.ts reads it. */
  readonly permissions: readonly string[];
  /** May act for other organizations (the instance's own administrators). */
  readonly isOperator: boolean;
  /** Credential expiry, epoch ms, or null. */
  readonly expiresAt: number | null;
  /** Claims of a foreign token that a collection of the app asks for; nothing else of a token is kept. */
  readonly claims?: JsonObject | undefined;
  /** Where this call came from; set by the door it came through, read by the audit log only. */
  readonly from?: From | undefined;
  /** Ids of the customers that a foreign token says its holder belongs to. */
  readonly customers?: readonly string[] | undefined;
  /** The token of an embed: what it sees, which is all it may do. Absent for everybody else. */
  readonly embed?: EmbedSight | undefined;
  /** The session of a person's cookie: what it opened ends with it. */
  readonly session?: string | undefined;
}
