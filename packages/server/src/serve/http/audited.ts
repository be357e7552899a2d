/**
 * Doors that change something which is no record (sessions, keys, people, files) in the audit log: one table, one place. What a
 * record is told by its own transaction is not here.
 *
 * The row follows what was done and comes before the answer: whoever was told that it is done finds its row.
 */
import { ok, type Json, type JsonObject } from '@statewire/protocol';
import type { Actor } from '../../keep/audit.ts';
import type { From, Principal } from '../../lib/principal.ts';
import type { HttpDeps } from './deps.ts';
import type { Refusal } from './problem.ts';
import type { Route } from './router.ts';

/** What was called, by whom, and with what. */
export interface AuditedCall {
  readonly entry: Pick<Route, 'access' | 'method' | 'path' | 'tag'>;
  /** Null at doors without a credential. */
  readonly principal: Principal | null;
  readonly from: From;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly why?: string | undefined;
}

/** Writes the row of a door that was passed. */
export async function auditCall(
  deps: Pick<HttpDeps, 'audit' | 'log'>,
  call: AuditedCall,
  response: Response,
): Promise<void> {
  const action = ACTIONS[`${call.entry.method} ${call.entry.path}`];
  if (action === undefined || !response.ok) return;
  const answer = await jsonOf(response);
  // The password was right, and nobody is in: the code is the sign-in.
  if (answer['secondStep'] !== undefined) return;
  const who = call.principal ?? principalIn(answer);
  const actor: Actor =
    who === null ? { kind: 'stranger', id: call.from.ip, name: '', from: call.from } : { ...who, from: call.from };
  const [area = ''] = action.split(':');
  const id = call.params['id'] ?? idIn(answer);
  const said = { ...saidIn(call.body), ...saidIn(answer['key']) };
  // What an operator of the instance does to another organization stands in the log of that one, and in no other.
  const org = typeof said['org'] === 'string' ? said['org'] : (who?.org ?? HOME);
  const written = await deps.audit.commit.write(org, actor, (draft) => {
    draft.audit({
      action,
      // A session has no name of its own that anybody could look up.
      target: id === null || area === 'session' ? null : { collection: area, id },
      after: Object.keys(said).length === 0 ? null : said,
      why: call.why,
    });
    return ok(null);
  });
  // What was done cannot be taken back; the log of the server has what the audit log lacks.
  if (!written.ok) deps.log.error({ action, code: written.code }, 'an action could not be written to the audit log');
}

/** Takes note of what the doors named here refused: a sign-in, a link, what only some may change. */
export function auditRefusal(deps: Pick<HttpDeps, 'audit'>, call: AuditedCall, refusal: Refusal): void {
  const door = `${call.entry.method} ${call.entry.path}`;
  const action = ACTIONS[door] ?? TRANSACTIONS[door];
  if (action !== undefined && REFUSALS.has(refusal.code)) note(deps, call, action, refusal.code);
}

/** Takes note of a door that somebody known was not let through. */
export function auditForbidden(deps: Pick<HttpDeps, 'audit'>, call: AuditedCall): void {
  const { access, method, path, tag } = call.entry;
  const operation = access.includes(':') ? access : `${tag}:${method === 'GET' ? 'read' : 'change'}`;
  note(deps, call, ACTIONS[`${method} ${path}`] ?? operation, 'forbidden');
}

function note(deps: Pick<HttpDeps, 'audit'>, call: AuditedCall, action: string, outcome: string): void {
  const { entry, principal, from, params, body, why } = call;
  const { email } = saidIn(body);
  const name = typeof email === 'string' ? email : from.ip;
  const actor: Actor = principal === null ? { kind: 'stranger', id: name, name, from } : { ...principal, from };
  const id = params['id'];
  const target = id === undefined ? null : { collection: entry.tag, id };
  deps.audit.refused({ org: principal?.org ?? HOME, actor, action, target, outcome, why });
}

/** Doors, by method and path. Those not named here change records, or nothing. */
const ACTIONS: Readonly<Record<string, string>> = {
  'POST /v1/session': 'session:sign-in',
  'DELETE /v1/session': 'session:sign-out',
  'POST /v1/session/password': 'session:password',
  'POST /v1/welcome': 'members:join',
  'POST /v1/invites': 'members:invite',
  'POST /v1/invites/withdraw': 'members:withdraw',
  'POST /v1/invites/resend': 'members:invite',
  'POST /v1/session/invitations/accept': 'members:join',
  'POST /v1/session/invitations/decline': 'members:decline',
  'POST /v1/members/{id}/reset-link': 'members:reset-link',
  'POST /v1/members/{id}/end-sessions': 'members:end-sessions',
  'POST /v1/members/{id}/remove-second-factor': 'members:remove-second-factor',
  'POST /v1/session/second': 'session:sign-in',
  'POST /v1/session/second-factor/confirm': 'second-factor:turn-on',
  'POST /v1/session/second-factor/backup-codes': 'second-factor:renew-codes',
  'POST /v1/session/second-factor/off': 'second-factor:turn-off',
  'DELETE /v1/sessions/{id}': 'session:end',
  'POST /v1/sessions/end-others': 'session:end',
  'PATCH /v1/me': 'members:rename',
  'POST /v1/me/delete': 'members:leave',
  'POST /v1/keys': 'keys:create',
  'DELETE /v1/keys/{id}': 'keys:delete',
  'POST /v1/import': 'config:import',
  'POST /v1/import/services': 'config:import',
  'GET /v1/export/config.yaml': 'config:export',
  'GET /v1/export/services.yaml': 'config:export',
  'GET /v1/audit/export': 'audit:export',
  'DELETE /v1/demo': 'demo:remove',
};

/** Doors whose rows are part of what they write: only what they refuse is written here. */
const TRANSACTIONS: Readonly<Record<string, string>> = {
  'POST /v1/organizations': 'organization:create',
  'PATCH /v1/organizations/{id}': 'organization:change',
  'POST /v1/organizations/{id}/delete': 'organization:delete',
};

/** Refusals that say something of who was refused; a field that does not fit says nothing. */
const REFUSALS: ReadonlySet<string> = new Set(['auth_invalid', 'forbidden', 'gone', 'rate_limited']);
const HOME = 'main';

/** Words of a body that may be repeated. Anything else may be a secret. */
const WORDS: readonly string[] = [
  'email',
  'name',
  'role',
  'scope',
  'permissions',
  'expiresInMs',
  'org',
  'kind',
  'apply',
];

function saidIn(value: unknown): JsonObject {
  if (!isObject(value)) return {};
  const said: Record<string, Json> = {};
  for (const word of WORDS) {
    const found = value[word];
    if (found !== undefined && found !== null) said[word] = typeof found === 'string' ? found.slice(0, 300) : found;
  }
  return said;
}

async function jsonOf(response: Response): Promise<JsonObject> {
  if (!response.headers.get('content-type')?.startsWith('application/json')) return {};
  const value: Json = JSON.parse(await response.clone().text());
  return isObject(value) ? value : {};
}

function principalIn({ principal }: JsonObject): { kind: string; id: string; name: string; org: string } | null {
  if (!isObject(principal)) return null;
  const { kind, id, name, org } = principal;
  return typeof kind === 'string' && typeof id === 'string' && typeof name === 'string' && typeof org === 'string'
    ? { kind, id, name, org }
    : null;
}

function idIn({ key, user }: JsonObject): string | null {
  const of = isObject(key) ? key : isObject(user) ? user : {};
  return typeof of['id'] === 'string' ? of['id'] : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
