/** What the tests use of the models that the AI SDK plays for tests. */
export declare const MockLanguageModelV4: new (options: {
  readonly doStream: (options: { readonly abortSignal?: AbortSignal }) => Promise<{ readonly stream: ReadableStream }>;
}) => object;
