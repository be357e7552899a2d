/** What the tests use of A2A's client. */
export declare class ClientFactory {
  createFromUrl(url: string): Promise<A2aClient>;
}
export interface A2aClient {
  sendMessageStream(of: object): AsyncGenerator<object, void, undefined>;
  getTask(of: { tenant: string; id: string; historyLength?: number }): Promise<object>;
  cancelTask(of: { tenant: string; id: string }): Promise<object>;
}
