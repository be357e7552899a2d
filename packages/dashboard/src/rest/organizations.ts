import { queryOptions } from '@tanstack/react-query';
import { type Answer, fetched, request } from './request.ts';

export interface Organization {
  readonly id: string;
  readonly name: string;
  /** One's own role there; null for keys. */
  readonly role: string | null;
}

/** Those that one may go into. */
export const organizationsQuery = queryOptions({
  queryKey: ['organizations'],
  queryFn: ({ signal }): Promise<readonly Organization[]> =>
    fetched<{ organizations: readonly Organization[] }>('/v1/organizations', signal).then((a) => a.organizations),
});

/** Takes the session, with all its tabs, into another one. */
export function chooseOrganization(org: string): Promise<Answer<unknown>> {
  return request('/v1/session/organization', { method: 'POST', body: { org } });
}
