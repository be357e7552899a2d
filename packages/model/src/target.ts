import { unreachable } from '@statewire/protocol';
import { z } from 'zod';
import type { ServiceKind } from './collections/service.ts';

/** What is wrong with a target for this kind of service, or null when it fits. */
export function targetFlaw(kind: ServiceKind, target: string): string | null {
  switch (kind) {
    case 'http':
      return withHint(urlFlaw(target), 'an http service needs a URL such as https://example.com/health');
    case 'mcp':
      if (target.startsWith('stdio:')) return COMMAND_NAME.test(target.slice(6)) ? null : `expected ${STDIO}`;
      return withHint(urlFlaw(target), `an mcp service needs a URL such as https://example.com/mcp or ${STDIO}`);
    case 'a2a':
      return withHint(urlFlaw(target), 'an a2a service needs the URL of the agent, such as https://agent.example.com');
    case 'langgraph':
      return withHint(urlFlaw(target), 'a langgraph service needs the URL of the server, such as http://host:2024');
    case 'openai':
      return withHint(urlFlaw(target), 'an openai service needs a base URL such as http://host:8000/v1');
    case 'websocket':
      return withHint(urlFlaw(target, 'ws'), 'a websocket service needs a URL such as wss://example.com/live');
    case 'tcp':
    case 'tls':
    case 'grpc':
    case 'postgres':
    case 'mysql':
    case 'redis':
    case 'nats':
    case 'mqtt':
      if (isHostPort(target)) return null;
      return `expected host:port, such as db.internal:5432 or [::1]:443, for a ${kind} service`;
    case 'dns':
      if (DOMAIN.test(target) && target.length <= 253) return null;
      return 'expected a domain name such as example.com, without scheme, port or path, for a dns service';
    case 'icmp':
      if (HOST.test(target)) return null;
      return 'expected a host name or an address without scheme or port, for an icmp service';
    case 'heartbeat':
      if (target === '') return null;
      return 'expected nothing; a heartbeat calls nobody and is called at /v1/heartbeats/<id>';
    case 'group':
      if (target === '') return null;
      return 'expected nothing; a group looks at its members';
    default:
      return unreachable(kind);
  }
}

const STDIO = "stdio:<name>, where <name> is a command in the server's config file";
const COMMAND_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const HTTP_URL = /^https?:\/\/([^/?#]+)/i;
const WS_URL = /^wss?:\/\/([^/?#]+)/i;
const DOMAIN = /^([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$/;
// Never with a leading dash: it becomes a word of a command line.
const HOST = /^([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[?(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]{2,45}\]?)$/;
const HOST_PORT = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/@?#[\]]{1,253}):(\d{1,5})$/;

function withHint(flaw: string | null, hint: string): string | null {
  return flaw === null ? null : `${flaw}; ${hint}`;
}

function isHostPort(target: string): boolean {
  const port = Number(HOST_PORT.exec(target)?.[2]);
  return port >= 1 && port <= 65_535;
}

function urlFlaw(target: string, scheme: 'http' | 'ws' = 'http'): string | null {
  if (/[\s\p{Cc}]/u.test(target)) return 'found blanks or control characters in the URL';
  const parts = (scheme === 'http' ? HTTP_URL : WS_URL).exec(target);
  if (parts === null) return `expected a URL that starts with ${scheme}:// or ${scheme}s://`;
  if (parts[1]?.includes('@')) return 'found a user name or password in the URL; put it into check.secretHeaders';
  return z.url().safeParse(target).success ? null : 'found a malformed URL';
}
