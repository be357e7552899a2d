import { queryOptions } from '@tanstack/react-query';
import { type Answer, fetched, request } from './request.ts';

export interface Organization {
  readonly id: string;
  readonly name: string;
  /** One's own role there; null for keys. */
  readonly role: string | null;
}

/** One that is being deleted, and how many of its records are left. */
export interface EndingOrganization {
  readonly id: string;
  readonly name: string;
  readonly records: number;
}

/** What is lost with an organization. */
export interface Holdings {
  readonly people: number;
  /** Of these, who belongs to no other one. */
  readonly peopleOnlyHere: number;
  readonly invitations: number;
  readonly keys: number;
  readonly records: number;
  readonly collections: Readonly<Record<string, number>>;
}

interface Listed {
  readonly organizations: readonly Organization[];
  readonly ending: readonly EndingOrganization[];
}

const listed = {
  queryKey: ['organizations'],
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<Listed> => fetched<Listed>('/v1/organizations', signal),
};

/** Those that one may go into. */
export const organizationsQuery = queryOptions({ ...listed, select: (all: Listed) => all.organizations });

/** The same, with those that are being deleted. */
export const allOrganizationsQuery = queryOptions({
  ...listed,
  // What is being deleted becomes less by itself.
  refetchInterval: ({ state }) => ((state.data?.ending.length ?? 0) > 0 ? 2_000 : false),
});

export function holdingsQuery(id: string) {
  return queryOptions({
    queryKey: ['organization', id],
    queryFn: ({ signal }) => fetched<{ readonly holds: Holdings }>(at(id), signal).then(({ holds }) => holds),
    gcTime: 0,
  });
}

/** Takes the session, with all its tabs, into another one. */
export function chooseOrganization(org: string): Promise<Answer<unknown>> {
  return request('/v1/session/organization', { method: 'POST', body: { org } });
}

export function makeOrganization(body: { readonly id: string; readonly name: string }): Promise<Answer<unknown>> {
  return request('/v1/organizations', { method: 'POST', body });
}

export function renameOrganization(id: string, name: string): Promise<Answer<unknown>> {
  return request(at(id), { method: 'PATCH', body: { name } });
}

export function deleteOrganization(
  id: string,
  { name, why }: { readonly name: string; readonly why: string },
): Promise<Answer<unknown>> {
  const headers = why === '' ? {} : { 'statewire-why': encodeURIComponent(why) };
  return request(`${at(id)}/delete`, { method: 'POST', body: { name }, headers });
}

function at(id: string): string {
  return `/v1/organizations/${encodeURIComponent(id)}`;
}
