/**
 * A receiver of notices on loopback, for tests: speaks the protocol of one provider as that provider documents it. What
 * does not have the documented shape is answered as the provider would and written down as a problem.
 */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What came in. */
export interface Incoming {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What the provider would show of it: mark-up interpreted, escapes undone. */
export interface Understood {
  readonly title: string;
  readonly text: string;
  /** What it makes of the state, in its own words. */
  readonly state?: string | undefined;
  /** By what it puts an alert and its recovery together. */
  readonly thread?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** One provider: reads a request or throws what is wrong with it. */
export interface Provider {
  readonly read: (incoming: Incoming) => Understood;
  /** Its answer to what it took. */
  readonly accepts: (incoming: Incoming) => Answer;
  /** Its answer to what it did not take, with its own words for why. */
  readonly refuses: (status: number, why: string) => Answer;
  /** Its way to ask for a pause. */
  readonly limits: (seconds: number) => Answer;
}

/** How it behaves for now. `as` answers with a refusal of that status, whatever comes. */
export type Mood =
  | { readonly is: 'well' }
  | { readonly is: 'refusing'; readonly status: number; readonly why: string }
  | { readonly is: 'limiting'; readonly seconds: number }
  | { readonly is: 'silent' }
  | { readonly is: 'garbled' }
  | { readonly is: 'talkative'; readonly bytes: number }
  | { readonly is: 'cutting' };

export class Receiver {
  readonly understood: Understood[] = [];
  readonly requests: Incoming[] = [];
  /** Everything that did not have the documented shape. */
  readonly problems: string[] = [];
  mood: Mood = { is: 'well' };
  readonly #provider: Provider;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(provider: Provider) {
    this.#provider = provider;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const answer = this.#answer({
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks),
        });
        if (answer === 'nothing') return;
        if (answer === 'cut') {
          response.writeHead(200, { 'content-length': '1000' });
          response.write('{"o');
          response.socket?.destroySoon();
          return;
        }
        response.writeHead(answer.status, answer.headers);
        response.end(answer.body ?? '');
      });
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  static async open(provider: Provider): Promise<Receiver> {
    const receiver = new Receiver(provider);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a server that listens on TCP has an AddressInfo.
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The newest it understood. */
  get last(): Understood | undefined {
    return this.understood.at(-1);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  #answer(incoming: Incoming): Answer | 'cut' | 'nothing' {
    this.requests.push(incoming);
    const { mood } = this;
    if (mood.is === 'silent') return 'nothing';
    if (mood.is === 'refusing') return this.#provider.refuses(mood.status, mood.why);
    if (mood.is === 'limiting') return this.#provider.limits(mood.seconds);
    if (mood.is === 'cutting') return 'cut';
    try {
      this.understood.push(this.#provider.read(incoming));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.problems.push(why);
      return this.#provider.refuses(400, why);
    }
    if (mood.is === 'garbled')
      return { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Welcome to the hotel</h1>' };
    if (mood.is === 'talkative') return { status: 200, body: 'x'.repeat(mood.bytes) };
    return this.#provider.accepts(incoming);
  }
}

/** Refuses what came with a sentence. */
export function wrong(what: string): never {
  throw new Error(what);
}

export function must(condition: boolean, what: string): void {
  if (!condition) wrong(what);
}
