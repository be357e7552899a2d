import { type CheckInput, SECRET_NAMES, type SecretName, type ServiceKind } from '@statewire/model';
import type { Draft, SecretField } from './draft.ts';
import type { Pairs } from './pairs.ts';

const HEADERS: ReadonlySet<ServiceKind> = new Set(['mcp', 'http', 'websocket', 'grpc', 'a2a', 'langgraph', 'openai']);
const PASSWORD: ReadonlySet<ServiceKind> = new Set(['postgres', 'mysql', 'redis', 'nats', 'mqtt']);
const TOKEN: ReadonlySet<ServiceKind> = new Set(['nats', 'websocket', 'grpc', 'a2a', 'langgraph', 'openai']);

/** Does a probe of this kind send headers? */
export function hasHeaders(kind: ServiceKind): boolean {
  return HEADERS.has(kind);
}

/** The secrets a probe of this kind logs in with, beside headers. */
export function secretNamesOf(kind: ServiceKind): readonly SecretName[] {
  return SECRET_NAMES.filter((name) => (name === 'password' ? PASSWORD : TOKEN).has(kind));
}

/** What to say of secrets: only those that somebody wrote or removed. */
export function secretsOf(draft: Draft, secretHeaders: Pairs): Pick<CheckInput, 'secretHeaders' | 'secrets'> {
  const secrets = secretNamesOf(draft.kind).flatMap((name): [SecretName, string | null][] =>
    draft[name] !== '' ? [[name, draft[name]]] : draft.removed.includes(name) ? [[name, null]] : [],
  );
  const isSaid = Object.keys(secretHeaders).length > 0 || draft.removed.includes('secretHeaders');
  return {
    ...(secrets.length === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
    ...(hasHeaders(draft.kind) && isSaid ? { secretHeaders } : {}),
  };
}

/** Which of the names that are set belong to a field. */
export function setNames(field: SecretField, names: readonly string[]): readonly string[] {
  return field === 'secretHeaders'
    ? names.filter((name) => !SECRET_NAMES.some((other) => other === name))
    : names.filter((name) => name === field);
}
