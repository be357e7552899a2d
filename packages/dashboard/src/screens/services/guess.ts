import type { ServiceKind } from '@statewire/model';
import { type Draft, emptyDraft, ofKind } from './draft.ts';

/** What somebody who pastes this wants to watch: kind, target, a name, and the login a URL carries. */
export function guessOf(pasted: string): Draft {
  const text = pasted.trim();
  const [, scheme = '', port = ''] =
    /^([a-z][a-z+]*):\/\/(?:[^/?#]*:(\d+)(?=[/?#]|$))?/iu.exec(text.toLowerCase()) ?? [];
  // Read as a web address whatever the scheme: browsers differ in what they make of others.
  const url = scheme === '' ? null : parsed(`http${text.slice(scheme.length)}`);
  if (url === null) return named(kindOfAddress(text), text);
  if (scheme === 'http' || scheme === 'https') return { ...named(kindOfWeb(url), text), name: nameOf(url) };
  if (scheme === 'ws' || scheme === 'wss') return { ...named('websocket', text), name: nameOf(url) };
  const known = SCHEMES.get(scheme);
  if (known === undefined) return named('http', text);
  const { kind, isEncrypted } = known;
  const draft = named(kind, kind === 'dns' || kind === 'icmp' ? url.hostname : `${url.hostname}:${port || known.port}`);
  const has = (field: string): boolean => Object.hasOwn(draft.probe, field);
  const path = decodeURIComponent(url.pathname.replace(/^\//u, ''));
  return {
    ...draft,
    name: url.hostname,
    password: decodeURIComponent(url.password),
    probe: {
      ...draft.probe,
      ...(has('user') && url.username !== '' ? { user: decodeURIComponent(url.username) } : {}),
      ...(has('database') && path !== '' ? { database: path } : {}),
      ...(has('encryption') && isEncrypted ? { encryption: true } : {}),
    },
  };
}

interface Scheme {
  readonly kind: ServiceKind;
  readonly port: number;
  readonly isEncrypted: boolean;
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map(
  (
    [
      ['postgres', 'postgres', 5432, false],
      ['postgresql', 'postgres', 5432, false],
      ['mysql', 'mysql', 3306, false],
      ['mariadb', 'mysql', 3306, false],
      ['redis', 'redis', 6379, false],
      ['rediss', 'redis', 6379, true],
      ['nats', 'nats', 4222, false],
      ['tls', 'tls', 443, false],
      ['mqtt', 'mqtt', 1883, false],
      ['mqtts', 'mqtt', 8883, true],
      ['grpc', 'grpc', 50_051, false],
      ['grpcs', 'grpc', 443, true],
      ['tcp', 'tcp', 80, false],
      ['dns', 'dns', 53, false],
      ['icmp', 'icmp', 0, false],
      ['ping', 'icmp', 0, false],
    ] as const
  ).map(([scheme, kind, port, isEncrypted]) => [scheme, { kind, port, isEncrypted }]),
);

function named(kind: ServiceKind, target: string): Draft {
  return { ...ofKind(emptyDraft, kind), target, name: target.replace(/:\d+$/u, '').replace(/^stdio:/u, '') };
}

function kindOfWeb({ pathname }: URL): ServiceKind {
  if (/\/(?:mcp|sse)\/?$/u.test(pathname)) return 'mcp';
  if (/\/\.well-known\/agent(?:-card)?\.json$/u.test(pathname)) return 'a2a';
  return /\/v1\/?$/u.test(pathname) ? 'openai' : 'http';
}

const PORTS: ReadonlyMap<string, ServiceKind> = new Map<string, ServiceKind>([
  ['443', 'tls'],
  ['1883', 'mqtt'],
  ['3306', 'mysql'],
  ['4222', 'nats'],
  ['5432', 'postgres'],
  ['6379', 'redis'],
  ['50051', 'grpc'],
]);

function kindOfAddress(text: string): ServiceKind {
  if (text.startsWith('stdio:')) return 'mcp';
  const port = /:(\d+)$/u.exec(text)?.[1];
  if (port !== undefined) return PORTS.get(port) ?? 'tcp';
  return /^[\d.]+$|^[0-9a-f:]*:[0-9a-f:]+$/iu.test(text) ? 'icmp' : 'dns';
}

function nameOf({ hostname, pathname }: URL): string {
  const path = pathname.replace(/\/$/u, '');
  return `${hostname.replace(/^www\./u, '')}${path}`;
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
