/** What the tests use of the AI SDK, as far as they use it; pages of the documentation are compiled against its own declarations. */
export interface Part {
  readonly type: string;
}
export declare function streamText(options: {
  readonly model: unknown;
  readonly prompt: string;
  readonly tools?: Readonly<Record<string, unknown>>;
  readonly stopWhen?: unknown;
  readonly maxRetries?: number;
  readonly abortSignal?: AbortSignal;
  readonly onError?: () => void;
}): { readonly fullStream: AsyncIterable<Part>; toUIMessageStream(): AsyncIterable<Part> };
export declare function tool(options: {
  readonly inputSchema: unknown;
  readonly execute?: () => Promise<unknown>;
  readonly needsApproval?: boolean;
}): unknown;
export declare function stepCountIs(count: number): unknown;
