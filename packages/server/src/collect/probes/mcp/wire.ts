import type { JsonObject, Result } from '@statewire/protocol';
import type { Budget } from '../../egress/budget.ts';
import type { Fault } from '../../egress/fault.ts';
import type { Manner, Reply } from './rpc.ts';

/** A question to a server. */
export interface Ask {
  readonly method: string;
  readonly params: JsonObject;
  readonly manner: Manner;
  readonly budget: Budget;
}

/** An answer, from whichever transport. */
export interface Asked {
  readonly reply: Reply;
  /** HTTP status, or null where there is none. */
  readonly status: number | null;
  /** `Mcp-Session-Id` of the answer, or null. */
  readonly session: string | null;
  readonly ms: number;
}

/**
 * One way to talk to one server. Speaks JSON-RPC and knows nothing of eras beyond dressing requests:
 * session.ts decides what to say.
 */
export interface Wire {
  readonly transport: 'http' | 'sse' | 'stdio';
  ask(ask: Ask): Promise<Result<Asked, Fault>>;
  /** Sends a notification. Its loss is not worth a verdict: the next question finds out. */
  tell(method: string, params: JsonObject, manner: Manner, budget: Budget): Promise<void>;
}
