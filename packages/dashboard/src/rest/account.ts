import { type Answer, fetched, problem, request, RequestError } from './request.ts';

/** A built-in role, or the id of one of the organization's own. */
export type Role = string;

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly org: string;
  readonly role: Role;
  readonly createdAt: number;
}

/** Who is signed in and what they may do. */
export interface Me {
  readonly id: string;
  readonly name: string;
  readonly org: string;
  readonly scopes: readonly string[];
  /** `<collection or area>:<operation>`; `*` is any. */
  readonly permissions: readonly string[];
  readonly isOperator: boolean;
  readonly user: User | null;
  /** The organization wants a second factor and this person has none: nothing else is theirs before. */
  readonly needsSecondFactor: boolean;
}

export interface OneTimeLink {
  readonly kind: 'invite' | 'reset' | 'welcome';
  readonly email: string;
  readonly org: string;
  readonly role: Role;
  readonly expiresAt: number;
  /** The address has an account, which is what accepts; only where a link was looked at. */
  readonly hasAccount?: boolean;
}

interface MeAnswer {
  readonly principal: Omit<Me, 'needsSecondFactor' | 'user'>;
  readonly user: User | null;
  readonly needsSecondFactor?: boolean;
}

/** Who the browser's cookie is; null when nobody is signed in. Rejects when the server cannot be asked. */
export async function whoAmI(signal?: AbortSignal): Promise<Me | null> {
  const answer = await request<MeAnswer>('/v1/me', { signal });
  if (answer.ok) return me(answer.value);
  if (answer.problem.status === 401) return null;
  throw new RequestError(answer.problem);
}

/** In, or asked for a code, which goes with this token. */
export async function signIn(body: {
  readonly email: string;
  readonly password: string;
}): Promise<Answer<{ readonly me: Me } | { readonly token: string }>> {
  const answer = await request<MeAnswer | { readonly secondStep: { readonly token: string } }>('/v1/session', {
    method: 'POST',
    body,
  });
  if (!answer.ok) return answer;
  const { value } = answer;
  return { ...answer, value: 'secondStep' in value ? { token: value.secondStep.token } : { me: me(value) } };
}

/** The second step. */
export async function finishSignIn(token: string, code: string): Promise<Answer<Me>> {
  return toMe(await request<MeAnswer>('/v1/session/second', { method: 'POST', body: { token, code } }));
}

export async function signOut(): Promise<void> {
  await request('/v1/session', { method: 'DELETE' });
}

export function changePassword(body: { readonly current: string; readonly next: string }): Promise<Answer<unknown>> {
  return request('/v1/session/password', { method: 'POST', body });
}

/** What a one-time link is for; rejects when it is no longer good. */
export async function linkOf(token: string): Promise<OneTimeLink> {
  // The server would say the same of a token of another form, in words about the form.
  if (!/^[\w-]{43}$/u.test(token))
    throw new RequestError(
      problem(
        'gone',
        'This link is not complete',
        'The link is not complete: copy the whole line, up to its last character.',
      ),
    );
  const answer = await request<OneTimeLink>('/v1/welcome/check', { method: 'POST', body: { token } });
  if (answer.ok) return answer.value;
  throw new RequestError(answer.problem);
}

export async function redeem(
  token: string,
  wanted: { readonly name: string; readonly email: string; readonly password: string },
): Promise<Answer<Me>> {
  return toMe(await request<MeAnswer>('/v1/welcome', { method: 'POST', body: { token, ...wanted } }));
}

export const invites = (signal?: AbortSignal): Promise<readonly OneTimeLink[]> =>
  fetched<{ invites: readonly OneTimeLink[] }>('/v1/invites', signal).then((a) => a.invites);

/** Invites a person; the answer holds the link, which is shown once. */
export function invite(body: { readonly email: string; readonly role: Role }): Promise<
  Answer<{
    readonly invite: OneTimeLink;
    readonly path: string;
    readonly url: string | null;
    readonly isMailed: boolean;
  }>
> {
  return request('/v1/invites', { method: 'POST', body });
}

export function withdrawInvite(email: string): Promise<Answer<unknown>> {
  return request('/v1/invites/withdraw', { method: 'POST', body: { email } });
}

export function setRole(id: string, role: Role): Promise<Answer<User>> {
  return request(`/v1/members/${encodeURIComponent(id)}`, { method: 'PATCH', body: { role } });
}

export function removeUser(id: string): Promise<Answer<unknown>> {
  return request(`/v1/members/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

function me({ principal, user, needsSecondFactor = false }: MeAnswer): Me {
  const { id, name, org, scopes, permissions, isOperator } = principal;
  return { id, name, org, scopes, permissions, isOperator, user, needsSecondFactor };
}

function toMe(answer: Answer<MeAnswer>): Answer<Me> {
  return answer.ok ? { ...answer, value: me(answer.value) } : answer;
}
