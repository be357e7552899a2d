/** What the examples and tests use of Socket.IO's client: the same in all releases, whose own types differ and are not always where this compiler looks. */
export interface Socket {
  readonly connected: boolean;
  /** From 4.6 on: the server says that it goes on where it was. */
  readonly recovered?: boolean;
  // oxlint-disable-next-line typescript/no-explicit-any -- true: so the releases say it.
  on(event: string, heard: (...args: any[]) => void): this;
  // oxlint-disable-next-line typescript/no-explicit-any -- true: so the releases say it.
  off(event: string, heard: (...args: any[]) => void): this;
  emit(event: string, ...args: readonly unknown[]): this;
  connect(): this;
  disconnect(): this;
}

export function io(url: string, options: Readonly<Record<string, unknown>>): Socket;
