import type { CheckPlan } from '../plan.ts';
import type { Finding, Inventory } from '../probe.ts';

/** One probe's outcome before it is stamped. */
export interface McpLook {
  readonly finding: Finding;
  readonly inventory: Inventory | null;
  /** What the server said in its own words, for administrators only. */
  readonly evidence: string | null;
}

/** One MCP server as a check sees it, whichever transport: what lives longer than a probe. */
export interface McpServer {
  probe(plan: CheckPlan): Promise<McpLook>;
  /** Ends the session, the streams, the child and a probe under way. */
  close(): Promise<void>;
}
