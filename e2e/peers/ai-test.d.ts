/** What the tests use of the models that the AI SDK plays for tests. */
export declare class MockLanguageModelV4 {
  constructor(options: {
    readonly doStream: (options: {
      readonly abortSignal?: AbortSignal;
    }) => Promise<{ readonly stream: ReadableStream }>;
  });
}
