/** What the tests use of the official MCP client, 2.x. Its own declarations lead into sources that are not compiled as strictly as ours. */
interface Content {
  readonly type: string;
  readonly text?: string;
}
interface Listening {
  readonly honoredFilter: { readonly resourceSubscriptions?: readonly string[] };
  readonly closed: Promise<'local' | 'graceful' | 'remote'>;
  close(): Promise<void>;
}
export declare class StreamableHTTPClientTransport {
  constructor(url: URL, options?: { readonly requestInit?: RequestInit });
  close(): Promise<void>;
}
export declare class Client {
  constructor(
    info: { readonly name: string; readonly version: string },
    options?: { readonly versionNegotiation?: { readonly mode: 'auto' | 'legacy' | { readonly pin: string } } },
  );
  connect(transport: StreamableHTTPClientTransport): Promise<void>;
  getNegotiatedProtocolVersion(): string | undefined;
  getServerVersion(): { readonly name: string; readonly version: string } | undefined;
  listTools(): Promise<{ readonly tools: readonly { readonly name: string; readonly inputSchema: object }[] }>;
  callTool(
    call: { readonly name: string; readonly arguments?: Readonly<Record<string, unknown>> },
    options?: {
      readonly onprogress?: (progress: {
        progress: number;
        total?: number | undefined;
        message?: string | undefined;
      }) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<{
    readonly content: readonly Content[];
    readonly structuredContent?: Readonly<Record<string, unknown>>;
    readonly isError?: boolean;
  }>;
  request<T>(
    request: { readonly method: string; readonly params: Readonly<Record<string, unknown>> },
    schema: { readonly '~standard': { readonly types?: { readonly output: T } | undefined } },
  ): Promise<T>;
  listResources(): Promise<{ readonly resources: readonly { readonly uri: string; readonly name: string }[] }>;
  listResourceTemplates(): Promise<{ readonly resourceTemplates: readonly { readonly uriTemplate: string }[] }>;
  readResource(of: { readonly uri: string }): Promise<{ readonly contents: readonly { readonly text?: string }[] }>;
  setNotificationHandler(
    method: 'notifications/resources/updated',
    handler: (notification: { readonly params: { readonly uri: string } }) => void,
  ): void;
  listen(filter: {
    readonly resourceSubscriptions?: readonly string[];
    readonly resourcesListChanged?: boolean;
  }): Promise<Listening>;
  close(): Promise<void>;
}
