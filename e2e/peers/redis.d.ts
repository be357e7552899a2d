/** What the tests use of the client of Redis. */
export interface RedisClient {
  on(event: 'error', heard: (error: Error) => void): this;
  connect(): Promise<unknown>;
  duplicate(): RedisClient;
  destroy(): void;
}
export declare function createClient(options: { readonly url: string }): RedisClient;
