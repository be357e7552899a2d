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
    case 'tcp':
    case 'tls':
      if (isHostPort(target)) return null;
      return `expected host:port, such as db.internal:5432 or [::1]:443, for a ${kind} service`;
    case 'heartbeat':
      if (target === '') return null;
      return 'expected nothing; a heartbeat calls nobody and is called at /v1/heartbeats/<id>';
    default:
      return unreachable(kind);
  }
}

const STDIO = "stdio:<name>, where <name> is a command in the server's config file";
const COMMAND_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const HOST_PORT = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/@?#[\]]{1,253}):(\d{1,5})$/;

function withHint(flaw: string | null, hint: string): string | null {
  return flaw === null ? null : `${flaw}; ${hint}`;
}

function isHostPort(target: string): boolean {
  const port = Number(HOST_PORT.exec(target)?.[2]);
  return port >= 1 && port <= 65_535;
}

function urlFlaw(target: string): string | null {
  if (/[\s\p{Cc}]/u.test(target)) return 'found blanks or control characters in the URL';
  const scheme = /^(https?):\/\/([^/?#]+)/i.exec(target);
  if (scheme === null) return 'expected a URL that starts with http:// or https://';
  if (scheme[2]?.includes('@')) return 'found a user name or password in the URL; put it into check.secretHeaders';
  return z.url().safeParse(target).success ? null : 'found a malformed URL';
}
