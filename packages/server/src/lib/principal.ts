import type { JsonObject } from '@statewire/protocol';

/** Where a call came from. */
export interface From {
  readonly ip: string;
  /** What the program calls itself (User-Agent); empty when it says nothing. */
  readonly agent: string;
  readonly door: 'poll' | 'rest' | 'stream' | 'websocket';
}

/** What a credential may do. `admin` includes `report` and `read`; `report` does not include `read`. */
export type Scope = 'read' | 'report' | 'admin';

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
  readonly scopes: readonly Scope[];
  /** May act for other organizations (the instance's own administrators). */
  readonly isOperator: boolean;
  /** Credential expiry, epoch ms, or null. */
  readonly expiresAt: number | null;
  /** Claims of a foreign token that a collection of the app asks for; nothing else of a token is kept. */
  readonly claims?: JsonObject | undefined;
  /** Where this call came from; set by the door it came through, read by the audit log only. */
  readonly from?: From | undefined;
}
