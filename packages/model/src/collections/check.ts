import type { Json, JsonObject } from '@statewire/protocol';
import type { Envelope } from '../envelope.ts';
import type { ServiceKind } from './service.ts';

/**
 * How a service is checked. Same id as its service, written in the same transaction. Needs the admin scope
 * to read. Secret header values and tokens are kept apart, encrypted at rest by file mode only, and never returned:
 * a check shows their names (`secrets`).
 */
export interface Check extends Envelope {
  readonly service: string;
  readonly kind: ServiceKind;
  readonly target: string;
  /** Time between probes, >= 1000. Default 30000. */
  readonly intervalMs: number;
  /** Whole exchange, >= 100. Default 10000. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Observations in a row until a change is believed. */
  readonly failAfter: number;
  readonly recoverAfter: number;
  readonly degradeAfter: number;
  /** Heartbeats: how long after `intervalMs` until expired. Default clamp(intervalMs / 2, 15 s, 1 h). */
  readonly graceMs: number | null;
  /** Latency that counts as degraded (p95 of the last 20), or null. */
  readonly degradedMs: number | null;
  /** MCP: keep the session open (`hold`) or open and close one per probe (`fresh`). */
  readonly mode: 'hold' | 'fresh';
  /** MCP: how often tools are listed, ms. */
  readonly inventoryMs: number;
  /** MCP: a read-only tool to call, or null. */
  readonly canary: { readonly tool: string; readonly args: JsonObject; readonly [f: string]: Json } | null;
  /** HTTP: method, accepted status codes, text that must be present. */
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly expectStatus: readonly string[];
  readonly keyword: string | null;
  readonly followRedirects: boolean;
  /** TLS: warn below this many days. */
  readonly certificateDays: number;
  /** Plain request headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of secret headers that are set. */
  readonly secrets: readonly string[];
  readonly managedBy: string;
}
