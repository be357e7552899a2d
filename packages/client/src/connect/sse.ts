import { CMD_PATH, decodeEnd, SSE_PATH } from '@statewire/protocol';
import type { Env, Timer } from '../env.ts';
import { Answer, bearer, besideLive, fatal, NO_ANSWER, silence } from './http.ts';
import type { Dial, Wire, WireEvents } from './transport.ts';

/** Acknowledgements wait for company, at most this long and for this many characters: each one alone would be a request. */
const ACK_MS = 1_000;
const ACK_LENGTH = 32_768;

/** Messages of one request upstream. */
const BATCH_MAX = 64;

/** Makes the transport over a stream of server-sent events, read by fetch, with requests upstream. */
export function dialSse(env: Env): Dial {
  return (url, events) => new SseWire(env, url, events);
}

class SseWire implements Wire {
  readonly kind = 'sse';
  readonly #env: Env;
  readonly #url: string;
  readonly #events: WireEvents;
  #stream: Timer | null = null;
  #token: string | null = null;
  #sid: string | null = null;
  #queue: string[] = [];
  #ack: string | null = null;
  #heard = 0;
  #sending: Timer | null = null;
  #timer: Timer | null;
  #isOver = false;

  constructor(env: Env, url: string, events: WireEvents) {
    this.#env = env;
    this.#url = url;
    this.#events = events;
    // A stream begins with its greeting, so that there is nothing to wait for before that.
    this.#timer = env.after(0, () => {
      this.#timer = null;
      events.opened();
    });
  }

  send(text: string): void {
    if (this.#isOver) return;
    if (this.#stream === null) this.#open(text);
    else if (text.startsWith('{"t":"a"')) this.#acknowledge(text);
    else {
      this.#queue.push(text);
      this.#soon(0);
    }
  }

  close(): void {
    if (this.#isOver) return;
    // The stream that ends is goodbye enough.
    this.#stop();
  }

  #open(hello: string): void {
    const parsed: { readonly token?: string } = JSON.parse(hello);
    this.#token = parsed.token ?? null;
    const answer = new Answer();
    const fetch = this.#env.fetch;
    if (fetch === undefined) {
      this.#close(1006, NO_ANSWER);
      return;
    }
    this.#stream = fetch(
      {
        method: 'POST',
        url: besideLive(this.#url, SSE_PATH),
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...bearer(this.#token) },
        body: hello,
      },
      {
        head: answer.head,
        text: (part) => {
          for (const line of answer.take(part)) if (line.startsWith(DATA)) this.#hear(line.slice(DATA.length));
        },
        ended: () => {
          const { refused } = answer;
          if (refused !== null) this.#events.text(fatal(refused));
          this.#close(refused?.closeCode ?? 1006, refused?.code ?? silence(answer.status));
        },
        failed: () => this.#close(1006, silence(answer.status)),
      },
    );
  }

  #hear(text: string): void {
    if (this.#isOver) return;
    const end = decodeEnd(text);
    if (end !== null) {
      this.#close(end.code, end.reason);
      return;
    }
    this.#heard += text.length;
    if (this.#sid === null && text.startsWith('{"t":"welcome"')) {
      const welcome: { readonly sid?: string } = JSON.parse(text);
      this.#sid = welcome.sid ?? null;
      if (this.#queue.length > 0) this.#soon(0);
    }
    this.#events.text(text);
  }

  #acknowledge(text: string): void {
    this.#ack = text;
    this.#soon(this.#heard >= ACK_LENGTH ? 0 : ACK_MS);
  }

  #soon(ms: number): void {
    if (ms === 0) {
      this.#timer?.cancel();
      this.#timer = null;
    }
    this.#timer ??= this.#env.after(ms, () => {
      this.#timer = null;
      this.#flush();
    });
  }

  /** One request at a time, so that messages arrive in their order. */
  #flush(): void {
    const { fetch } = this.#env;
    if (this.#isOver || this.#sid === null || this.#sending !== null || fetch === undefined) return;
    const msgs = this.#queue.splice(0, BATCH_MAX);
    if (this.#ack !== null) msgs.unshift(this.#ack);
    if (msgs.length === 0) return;
    this.#ack = null;
    this.#heard = 0;
    let status = 0;
    this.#sending = fetch(
      {
        method: 'POST',
        url: besideLive(this.#url, CMD_PATH),
        headers: { 'content-type': 'application/json', ...bearer(this.#token) },
        body: JSON.stringify({ sid: this.#sid, msgs }),
      },
      {
        head: (code) => {
          status = code;
        },
        text: () => undefined,
        ended: () => {
          this.#sending = null;
          // What was in it may be lost: a new stream resumes, and what wants an answer is sent again.
          if (status !== 204) this.#close(1006, '');
          else if (this.#queue.length > 0 || this.#ack !== null) this.#soon(0);
        },
        failed: () => this.#close(1006, ''),
      },
    );
  }

  #close(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#stop();
    this.#events.closed(code, reason);
  }

  #stop(): void {
    this.#isOver = true;
    this.#stream?.cancel();
    this.#sending?.cancel();
    this.#timer?.cancel();
    this.#queue = [];
  }
}

const DATA = 'data: ';
