/** What the tests use of AG-UI's client. */
export declare class HttpAgent {
  constructor(options: { readonly url: string; readonly agentId?: string; readonly threadId?: string });
  subscribe(subscriber: {
    onEvent?(heard: { readonly event: { readonly type: string } }): void;
    onRunFailed?(failed: { readonly error: Error }): void;
    onRunFinalized?(): void;
  }): { unsubscribe(): void };
  runAgent(options: { readonly runId: string }): Promise<unknown>;
}
