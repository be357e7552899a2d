/** What the tests use of A2A's server. */
interface Bus {
  publish(event: object): void;
  finished(): void;
}
interface Executor {
  execute(context: { readonly taskId: string; readonly contextId: string }, bus: Bus): Promise<void>;
  cancelTask(taskId: string, bus: Bus): Promise<void>;
}
export declare const InMemoryTaskStore: new () => object;
export declare const DefaultRequestHandler: new (card: object, store: object, executor: Executor) => object;
export declare const UnauthenticatedUser: new () => object;
export declare const ServerCallContext: new (of: {
  readonly user: object;
  readonly requestedVersion: string;
}) => object;
export declare const JsonRpcTransportHandler: new (handler: object) => {
  handle(body: object, context: object): Promise<object | AsyncGenerator<object>>;
};
export declare const AgentEvent: {
  task(task: object): object;
  statusUpdate(update: object): object;
};
