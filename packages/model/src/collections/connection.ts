import type { StatusRow } from '../status.ts';

/** An agent's link to a service, with a health of its own that may disagree with the service's probe. Id: `<agent>:<service>` unless given. */
export interface Connection extends StatusRow {
  readonly agent: string;
  readonly service: string;
  readonly sessionId: string | null;
  readonly protocolVersion: string | null;
  readonly calls: number;
  readonly errors: number;
  readonly lastErrorCode: string | null;
}
