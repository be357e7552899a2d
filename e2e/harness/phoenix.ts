/**
 * The wire of Supabase Realtime as bare frames, for tests that judge what leaves the server and in which order. That real clients
 * understand it is shown with the real ones in supabase.test.ts.
 */
import { WebSocket } from 'ws';
import { until } from './until.ts';

/** One frame as it came. */
export interface PhoenixFrame {
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: PhoenixPayload;
}

/** What is read of payloads: an answer, something that happened, who came and went. */
export interface PhoenixPayload {
  readonly status?: string;
  readonly message?: string;
  readonly response?: { readonly reason?: string };
  readonly data?: { readonly record?: { readonly id?: string } };
  readonly joins?: Readonly<Record<string, unknown>>;
  readonly leaves?: Readonly<Record<string, unknown>>;
}

/** One connection, which keeps every frame. */
export class Phoenix {
  readonly frames: PhoenixFrame[] = [];
  /** The code the connection was closed with. */
  closed: number | null = null;
  readonly socket: WebSocket;
  #lastRef = 0;

  private constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code) => (this.closed = code));
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) return;
      const [, ref, topic, event, payload] = JSON.parse(data.toString('utf8'));
      this.frames.push({ ref, topic, event, payload });
    });
  }

  /** Connects to the server at this URL with a key. */
  static async open(url: string, key: string): Promise<Phoenix> {
    const query = new URLSearchParams({ apikey: key, vsn: '2.0.0' }).toString();
    const made = new Phoenix(`${url.replace('http', 'ws')}/realtime/v1/websocket?${query}`);
    await until('the connection to be open', () => made.socket.readyState === WebSocket.OPEN);
    return made;
  }

  say(topic: string, event: string, payload: object = {}): string {
    this.#lastRef += 1;
    const ref = String(this.#lastRef);
    this.socket.send(JSON.stringify([null, ref, topic, event, payload]));
    return ref;
  }

  /** Joins `realtime:<name>`; the answer to it. */
  async join(name: string, config: object, token?: string): Promise<PhoenixFrame> {
    const payload = { config, ...(token === undefined ? {} : { access_token: token }) };
    return this.answer(this.say(`realtime:${name}`, 'phx_join', payload));
  }

  /** Joins a channel that listens to these tables. */
  listen(name: string, ...tables: readonly string[]): Promise<PhoenixFrame> {
    return this.join(name, { postgres_changes: tables.map((table) => ({ event: '*', schema: 'public', table })) });
  }

  /** The reply to a frame. */
  answer(ref: string): Promise<PhoenixFrame> {
    return this.heard(`the answer to ${ref}`, (frame) => frame.event === 'phx_reply' && frame.ref === ref);
  }

  async heard(what: string, isSo: (frame: PhoenixFrame) => boolean): Promise<PhoenixFrame> {
    await until(what, () => this.frames.some(isSo));
    const found = this.frames.find(isSo);
    if (found === undefined) throw new Error(`${what} was there and is gone`);
    return found;
  }

  /** What came in a topic, in order. */
  of(name: string): readonly PhoenixFrame[] {
    return this.frames.filter(({ topic }) => topic === `realtime:${name}`);
  }

  end(): void {
    this.socket.terminate();
  }
}
