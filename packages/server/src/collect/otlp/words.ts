/**
 * The mapping from OpenTelemetry's semantic conventions to our words, as data: which attributes say who called whom, and what
 * an error says of the connection. An error that the service answered itself is counted, and the connection is well.
 */
import type { ConnectionPhase, Health } from '@statewire/model';

/** Attribute names by what they say, the first that is there counts. */
export const NAMES: Readonly<Record<What, readonly string[]>> = {
  agent: ['gen_ai.agent.id', 'gen_ai.agent.name', 'service.name'],
  instance: ['service.instance.id'],
  agentName: ['gen_ai.agent.name', 'service.name'],
  service: ['statewire.service', 'service.peer.name', 'peer.service'],
  url: ['url.full', 'http.url'],
  host: ['server.address', 'net.peer.name'],
  port: ['server.port', 'net.peer.port'],
  session: ['mcp.session.id'],
  protocol: ['mcp.protocol.version'],
  tool: ['gen_ai.tool.name'],
  error: ['error.type', 'exception.type', 'rpc.response.status_code', 'http.response.status_code'],
  release: ['service.version'],
};

type What =
  | 'agent'
  | 'agentName'
  | 'error'
  | 'host'
  | 'instance'
  | 'port'
  | 'protocol'
  | 'release'
  | 'service'
  | 'session'
  | 'tool'
  | 'url';

/** A span that has none of these is none of ours: it is taken and nothing follows from it. */
export const OURS: readonly string[] = [
  'mcp.method.name',
  'gen_ai.operation.name',
  'gen_ai.agent.id',
  'gen_ai.agent.name',
  'gen_ai.tool.name',
  ...NAMES.service,
];

/** Every attribute that is read. */
export const WANTED: ReadonlySet<string> = new Set([...Object.values(NAMES).flat(), ...OURS]);

/** What a call says of its connection. */
export interface Said {
  readonly health: Health;
  readonly phase: ConnectionPhase;
  /** Empty: nothing is wrong. */
  readonly code: string;
}

export const WELL: Said = { health: 'healthy', phase: 'connected', code: '' };

/** Words of errors, compared without case; the first that fits counts. */
const ERRORS: readonly { readonly when: RegExp; readonly says: Said }[] = [
  { when: /^(401|403)$|unauthori[sz]ed|unauthenticated|forbidden|invalid_token/u, says: auth('needs_auth') },
  {
    when: /^(429|resource_exhausted)$|rate_?limit/u,
    says: { health: 'degraded', phase: 'connected', code: 'limited' },
  },
  { when: /^(408|504|-32001|deadline_exceeded)$|timed?[_ ]?out/u, says: failed('timeout') },
  { when: /econnrefused|connection_?refused/u, says: failed('refused') },
  { when: /enotfound|eai_again|gaierror|name_?resolution|unknownhost/u, says: failed('dns') },
  { when: /^cert_|certificate|_tls_|ssl|unable_to_verify/u, says: failed('tls') },
  { when: /econnreset|epipe|connection_?reset|socket_?hang|und_err_socket|-32000/u, says: failed('reset') },
  { when: /^5\d\d$/u, says: failed('server_error') },
  { when: /^(unavailable|bad_gateway)$/u, says: failed('unavailable') },
  // JSON-RPC errors, tools that failed and other refusals are answers.
  { when: /^-32\d{3}$|^tool_error$|^4\d\d$|^[123]\d\d$/u, says: WELL },
];

/** What an error of a call says. An error in words that nobody knows is a failure. */
export function meaningOf(error: string): Said {
  const word = error.toLowerCase();
  return ERRORS.find(({ when }) => when.test(word))?.says ?? failed('error');
}

/** The same error as a code: what a record may hold. */
export function codeOf(error: string): string {
  return error.replaceAll(/[^A-Za-z0-9_.:-]+/gu, '_').slice(0, 64);
}

function failed(code: string): Said {
  return { health: 'unhealthy', phase: 'failed', code };
}

function auth(code: string): Said {
  return { health: 'degraded', phase: 'needs_auth', code };
}
