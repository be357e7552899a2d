import { queryOptions } from '@tanstack/react-query';
import { type Answer, fetched, request } from './request.ts';

/** How people sign in here. */
export interface Ways {
  readonly oidc: readonly { readonly id: string; readonly name: string }[];
  readonly reset: 'mail' | 'admin';
}

export interface OpenSession {
  readonly id: string;
  readonly ip: string;
  readonly agent: string;
  readonly way: 'password' | 'oidc';
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly isThis: boolean;
}

export interface SecondFactor {
  readonly isOn: boolean;
  readonly since: number | null;
  readonly backupCodesLeft: number;
  readonly hasPassword: boolean;
}

export interface Proof {
  readonly password?: string | undefined;
  readonly code: string;
}

export const waysQuery = queryOptions({
  queryKey: ['ways'],
  queryFn: ({ signal }) => fetched<Ways>('/v1/session/ways', signal),
  staleTime: Infinity,
});

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }): Promise<readonly OpenSession[]> =>
    fetched<{ sessions: readonly OpenSession[] }>('/v1/sessions', signal).then((a) => a.sessions),
});

export const secondFactorQuery = queryOptions({
  queryKey: ['second-factor'],
  queryFn: ({ signal }) => fetched<SecondFactor>('/v1/session/second-factor', signal),
});

const post = <T>(path: string, body?: unknown): Promise<Answer<T>> =>
  request(path, { method: 'POST', ...(body === undefined ? {} : { body }) });

/** Where the browser goes to sign in through a provider, and where it is to end. */
export function providerUrl(id: string, to: string): string {
  return `/v1/oidc/${encodeURIComponent(id)}/start?to=${encodeURIComponent(to)}`;
}

export function askReset(email: string): Promise<Answer<unknown>> {
  return post('/v1/session/reset', { email });
}

export function finishReset(token: string, password: string): Promise<Answer<unknown>> {
  return post('/v1/session/reset/finish', { token, password });
}

/** The secret of a second factor that is being set up, as text and for a QR code. */
export function beginSecondFactor(
  password: string | undefined,
): Promise<Answer<{ readonly secret: string; readonly url: string }>> {
  return post('/v1/session/second-factor', password === undefined ? {} : { password });
}

export function confirmSecondFactor(code: string): Promise<Answer<{ readonly backupCodes: readonly string[] }>> {
  return post('/v1/session/second-factor/confirm', { code });
}

export function renewBackupCodes(proof: Proof): Promise<Answer<{ readonly backupCodes: readonly string[] }>> {
  return post('/v1/session/second-factor/backup-codes', proof);
}

export function turnOffSecondFactor(proof: Proof): Promise<Answer<unknown>> {
  return post('/v1/session/second-factor/off', proof);
}

export function endSession(id: string): Promise<Answer<unknown>> {
  return request(`/v1/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

export function endOtherSessions(): Promise<Answer<{ readonly ended: number }>> {
  return post('/v1/sessions/end-others');
}

export function rename(name: string): Promise<Answer<unknown>> {
  return request('/v1/me', { method: 'PATCH', body: { name } });
}

export function deleteMe(body: {
  readonly password?: string | undefined;
  readonly email: string;
}): Promise<Answer<unknown>> {
  return post('/v1/me/delete', body);
}

export function resendInvite(
  email: string,
): Promise<Answer<{ readonly path: string; readonly url: string | null; readonly isMailed: boolean }>> {
  return post('/v1/invites/resend', { email });
}

/** A link for a new password of a member; shown once. */
export function resetLink(
  id: string,
): Promise<Answer<{ readonly path: string; readonly url: string | null; readonly expiresAt: number }>> {
  return post(`/v1/members/${encodeURIComponent(id)}/reset-link`);
}

export function endSessionsOf(id: string): Promise<Answer<{ readonly ended: number }>> {
  return post(`/v1/members/${encodeURIComponent(id)}/end-sessions`);
}

export function removeSecondFactorOf(id: string): Promise<Answer<unknown>> {
  return post(`/v1/members/${encodeURIComponent(id)}/remove-second-factor`);
}
