import type { Level } from '@statewire/model';
import { queryOptions } from '@tanstack/react-query';
import { type Answer, fetched, request } from './request.ts';

export type Scope = 'read' | 'report' | 'admin';

/** An API key without its secret. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** Null: it has `permissions` instead. */
  readonly scope: Scope | null;
  readonly permissions: readonly string[] | null;
  /** How much of what it was given it has now: of its maker's power, it has no more than they. */
  readonly holds: 'all' | 'none' | 'some';
  readonly hint: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

/** All keys of the organization. For administrators. */
export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }): Promise<readonly ApiKey[]> =>
    fetched<{ keys: readonly ApiKey[] }>('/v1/keys', signal).then((a) => a.keys),
});

/** Each collection and area with its operations, and the level of each. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, Level>>>>;

export const permissionsQuery = queryOptions({
  queryKey: ['permissions'],
  queryFn: ({ signal }): Promise<Permissions> =>
    fetched<{ permissions: Permissions }>('/v1/permissions', signal).then((a) => a.permissions),
});

/** Makes a key. `secret` is in this answer and never again. */
export function createKey(body: {
  readonly name: string;
  readonly scope?: Scope;
  readonly permissions?: readonly string[];
  readonly expiresInMs?: number;
}): Promise<Answer<{ readonly key: ApiKey; readonly secret: string }>> {
  return request('/v1/keys', { method: 'POST', body });
}

export function revokeKey(id: string): Promise<Answer<unknown>> {
  return request(`/v1/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
}
