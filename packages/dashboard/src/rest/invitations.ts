import { queryOptions } from '@tanstack/react-query';
import { type Answer, fetched, request } from './request.ts';

/** An organization that has invited one's address. */
export interface Invitation {
  readonly org: string;
  readonly name: string;
  readonly role: string;
  readonly expiresAt: number;
}

export const invitationsQuery = queryOptions({
  queryKey: ['invitations'],
  queryFn: ({ signal }): Promise<readonly Invitation[]> =>
    fetched<{ invitations: readonly Invitation[] }>('/v1/session/invitations', signal).then((a) => a.invitations),
});

export function acceptInvitation(org: string): Promise<Answer<unknown>> {
  return request('/v1/session/invitations/accept', { method: 'POST', body: { org } });
}

export function declineInvitation(org: string): Promise<Answer<unknown>> {
  return request('/v1/session/invitations/decline', { method: 'POST', body: { org } });
}
