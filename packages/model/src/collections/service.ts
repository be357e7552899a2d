import type { StatusRow } from '../status.ts';

export type ServiceKind = 'mcp' | 'http' | 'tcp' | 'tls' | 'heartbeat';

/** What an MCP server said of itself, and how its tools compare with what a person accepted. */
export interface McpInfo {
  readonly transport: 'http' | 'sse' | 'stdio';
  readonly era: 'modern' | 'legacy';
  readonly protocolVersion: string;
  readonly serverName: string;
  readonly serverVersion: string;
  /** Names of the capabilities the server declared. */
  readonly capabilities: readonly string[];
  readonly mode: 'hold' | 'fresh';
  /** How often a lost session was re-opened without an outage. */
  readonly sessionsLost: number;
  readonly tools: number | null;
  readonly fingerprint: string | null;
  readonly acceptedFingerprint: string | null;
  readonly drift: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[]; readonly [f: string]: readonly string[] } | null;
  readonly [field: string]: string | number | null | readonly string[] | McpInfo['drift'];
}

/** Anything that is checked: an MCP server, a web service, a port, a certificate, a cron job that beats. */
export interface Service extends StatusRow {
  readonly name: string;
  readonly kind: ServiceKind;
  /** URL, `host:port`, `stdio:<command name>` or, for heartbeats, empty. */
  readonly target: string;
  readonly description: string;
  readonly group: string;
  readonly mcp: McpInfo | null;
  /** Certificate of a TLS target: days left and expiry, or null. */
  readonly certificate: { readonly expiresAt: number; readonly daysLeft: number; readonly issuer: string; readonly [f: string]: string | number } | null;
  /** Who manages the record: `api`, `file` (read-only elsewhere) or `demo`. */
  readonly managedBy: string;
}
