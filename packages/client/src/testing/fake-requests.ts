/**
 * The doors of a server for plain requests, before a FakeServer: streams, upstream messages, held requests and single views,
 * as the real one serves them. `network` says what stands between: what it blocks, gathers or cuts.
 */
import { CMD_PATH, decodeCmd, decodePoll, POLL_PATH, SSE_PATH, VIEW_PATH } from '@statewire/protocol';
import type { Asking, AskEvents, Env, Fetch, Timer } from '../env.ts';
import type { Wire } from '../connect/transport.ts';
import type { FakeServer } from './fake-server.ts';

/** What may stand between a client and its server. */
export interface FakeNetwork {
  /** Doors that answer 403 with a page of their own. */
  blocked: ReadonlySet<'sse' | 'cmd' | 'poll' | 'view'>;
  /** Doors that take everything and never answer. */
  stalled: ReadonlySet<'sse' | 'cmd' | 'poll' | 'view'>;
  /** Answers arrive when they are complete. */
  gathers: boolean;
  /** No request lives longer, ms. */
  cutsAfterMs: number | null;
}

/** The doors of a fake server for plain requests: streams, commands, polls and views, driven by hand. For tests. */
export class FakeRequests {
  readonly network: FakeNetwork = { blocked: new Set(), stalled: new Set(), gathers: false, cutsAfterMs: null };
  /** How often each door was asked. */
  readonly counts = { sse: 0, cmd: 0, poll: 0, view: 0 };
  /** Answers of a view that said only that it is as before. */
  unchanged = 0;
  readonly #server: FakeServer;
  readonly #env: Pick<Env, 'after'>;
  readonly #streams = new Map<string, Wire>();
  readonly #open = new Set<Exchange>();

  constructor(server: FakeServer, env: Pick<Env, 'after'>) {
    this.#server = server;
    this.#env = env;
  }

  /** Requests that have no answer yet, or not all of it. */
  get open(): number {
    return this.#open.size;
  }

  /** Cuts all of them. */
  cut(): void {
    for (const each of Array.from(this.#open)) each.fail();
  }

  readonly fetch: Fetch = (asking, events) => {
    const { pathname, searchParams } = new URL(asking.url);
    const exchange = new Exchange(asking, events, this.#env, this.network, () => this.#open.delete(exchange));
    this.#open.add(exchange);
    // Later, as over a network.
    queueMicrotask(() => {
      if (!exchange.isOpen) return;
      if (pathname.endsWith(SSE_PATH)) this.#door('sse', exchange, () => this.#stream(exchange));
      else if (pathname.endsWith(CMD_PATH)) this.#door('cmd', exchange, () => this.#command(exchange));
      else if (pathname.endsWith(POLL_PATH)) this.#door('poll', exchange, () => this.#poll(exchange));
      else if (pathname.endsWith(VIEW_PATH))
        this.#door('view', exchange, () => this.#view(exchange, searchParams.get('sub')));
      else exchange.answer(404, 'no such door');
    });
    return { cancel: () => exchange.cancel() };
  };

  #door(name: keyof FakeRequests['counts'], exchange: Exchange, serve: () => void): void {
    this.counts[name] += 1;
    if (!this.#server.isUp) exchange.fail();
    else if (this.network.blocked.has(name)) exchange.answer(403, '<html>Blocked by your administrator</html>');
    else if (!this.network.stalled.has(name)) serve();
  }

  #stream(exchange: Exchange): void {
    let sid: string | null = null;
    const wire = this.#session(exchange, {
      hello: exchange.asking.body ?? '',
      text: (text) => {
        if (sid === null && text.startsWith('{"t":"welcome"')) {
          const welcome: { readonly sid: string } = JSON.parse(text);
          sid = welcome.sid;
          this.#streams.set(sid, wire);
        }
        exchange.say(`data: ${text}\n\n`);
      },
      end: (text) => exchange.end(`data: ${text}\n\n`),
    });
    exchange.onGone = () => {
      wire.close(1000, '');
      if (sid !== null) this.#streams.delete(sid);
    };
  }

  #command(exchange: Exchange): void {
    const cmd = decodeCmd(exchange.asking.body ?? '');
    if (!cmd.ok) throw new Error(`the client sent a bad request: ${cmd.message}`);
    const wire = this.#streams.get(cmd.value.sid);
    if (wire === undefined) {
      exchange.refuse('not_found', 404, 'there is no such stream');
      return;
    }
    for (const msg of cmd.value.msgs) wire.send(msg);
    exchange.answer(204, '');
  }

  #poll(exchange: Exchange): void {
    const body = exchange.asking.body ?? '';
    const poll = decodePoll(body);
    if (!poll.ok) throw new Error(`the client sent a bad request: ${poll.message}`);
    const { wait, msgs, who } = poll.value;
    const texts: string[] = [];
    let owed = msgs.filter((msg) => /^\{"t":"(?:mut|p)"/.test(msg)).length;
    let hasNews = false;
    let isDue = false;
    const look = (): void => {
      // A watermark vouches for everything: a server that says nothing now has not told it.
      if (owed > 0 || !(isDue || hasNews) || texts.length === 0 || this.#server.isMute) return;
      texts.push(JSON.stringify({ t: 'h', v: this.#server.version, now: this.#server.now() }));
      exchange.end(`[\n${texts.join(',\n')}\n]\n`);
    };
    let timer: Timer | null = null;
    const soon = (): void => {
      timer?.cancel();
      timer = this.#env.after(isDue || hasNews ? 0 : wait, () => {
        isDue = true;
        look();
        // A server that says nothing holds it for ever.
        if (exchange.isOpen && owed === 0) timer = this.#env.after(1_000, soon);
      });
    };
    const wire = this.#session(exchange, {
      hello: body,
      after: (caller) => {
        if (who === null || who === caller) return msgs;
        owed = 0;
        return [];
      },
      text: (text) => {
        if (/^\{"t":"(?:mr|q)"/.test(text)) owed -= 1;
        hasNews ||= !/^\{"t":"(?:welcome|subd|h|auth)"/.test(text);
        texts.push(text);
        if (hasNews) soon();
      },
      end: (text) => exchange.end(`[\n${[...texts, text].join(',\n')}\n]\n`),
    });
    exchange.onGone = () => {
      timer?.cancel();
      wire.close(1000, '');
    };
    soon();
  }

  #view(exchange: Exchange, asked: string | null): void {
    const token = exchange.asking.headers['authorization']?.replace('Bearer ', '');
    const known = /^"([^.]+)\.(\d+)\.(\w+)"$/.exec(exchange.asking.headers['if-none-match'] ?? '');
    const texts: string[] = [];
    let who = '';
    let step: 'greeting' | 'comparing' | 'telling' = 'greeting';
    let etag = '';
    const sub = (s: number, since?: object): void => {
      const frame: object = JSON.parse(asked ?? '{}');
      wire.send(JSON.stringify({ ...frame, t: 'sub', s, ...(since === undefined ? {} : { since }) }));
    };
    const wire = this.#session(exchange, {
      hello: JSON.stringify({ t: 'hello', p: 1, client: 'http', ...(token === undefined ? {} : { token }) }),
      text: (text) => {
        const frame: { readonly t: string; readonly v?: number; readonly who?: string; readonly last?: boolean } =
          JSON.parse(text);
        if (frame.t === 'welcome') {
          who = frame.who ?? '';
          texts.push(text);
          if (asked === null) exchange.end(`[\n${text}\n]\n`);
          else if (known?.[1] === this.#server.epoch && known[3] === who) {
            step = 'comparing';
            sub(1, { e: known[1], v: Number(known[2]) });
          } else {
            step = 'telling';
            sub(2);
          }
        } else if (step === 'comparing') {
          if (frame.t !== 'subd') return;
          if (frame.v === Number(known?.[2])) {
            this.unchanged += 1;
            exchange.answer(304, '');
          } else {
            step = 'telling';
            sub(2);
          }
        } else if (step === 'telling' && (frame.t === 'subd' || frame.t === 's')) {
          if (frame.t === 'subd') {
            etag = `"${this.#server.epoch}.${frame.v ?? 0}.${who}"`;
            // What the comparison still says of the first one comes before this.
            texts.splice(1);
          }
          texts.push(text);
          if (frame.last === true) exchange.end(`[\n${texts.join(',\n')}\n]\n`, { etag });
        } else if (frame.t === 'err') {
          exchange.refuse('bad_filter', 400, 'the server refused the view');
        }
      },
      end: (text) => exchange.end(`[\n${[...texts, text].join(',\n')}\n]\n`),
    });
    exchange.onGone = () => wire.close(1000, '');
  }

  /** A session of the server behind one request. */
  #session(
    exchange: Exchange,
    {
      hello,
      after,
      text,
      end,
    }: {
      readonly hello: string;
      /** What is said once it is known who is calling. */
      readonly after?: (caller: string) => readonly string[];
      readonly text: (text: string) => void;
      readonly end: (text: string) => void;
    },
  ): Wire {
    let refusal: { readonly code: string; readonly msg: string } | null = null;
    let isIn = false;
    const wire = this.#server.dial('', {
      opened: () => {
        wire.send(hello);
      },
      text: (said) => {
        if (!exchange.isOpen) return;
        if (!isIn && said.startsWith('{"t":"welcome"')) {
          isIn = true;
          const welcome: { readonly who: string } = JSON.parse(said);
          for (const msg of after?.(welcome.who) ?? []) wire.send(msg);
        }
        if (isIn) text(said);
        else refusal = JSON.parse(said);
      },
      closed: (code, reason) => {
        if (refusal !== null) exchange.refuse(refusal.code, refusal.code.startsWith('auth_') ? 401 : 403, refusal.msg);
        else if (!isIn || code === 1006) exchange.fail();
        else end(JSON.stringify({ t: 'end', code, reason }));
      },
    });
    return wire;
  }
}

/** One request and its answer. */
class Exchange {
  readonly asking: Asking;
  onGone: () => void = () => undefined;
  isOpen = true;
  readonly #events: AskEvents;
  readonly #network: FakeNetwork;
  readonly #gone: () => void;
  readonly #timer: Timer | null;
  #hasHead = false;
  #isCancelled = false;
  #held = '';

  constructor(asking: Asking, events: AskEvents, env: Pick<Env, 'after'>, network: FakeNetwork, gone: () => void) {
    this.asking = asking;
    this.#events = events;
    this.#network = network;
    this.#gone = gone;
    this.#timer = network.cutsAfterMs === null ? null : env.after(network.cutsAfterMs, () => this.fail());
  }

  say(text: string): void {
    if (!this.isOpen) return;
    if (this.#network.gathers) {
      this.#held += text;
      return;
    }
    this.#head(200, {});
    const held = this.#held;
    this.#held = '';
    this.#events.text(held + text);
  }

  end(text: string, headers: Readonly<Record<string, string>> = {}): void {
    if (!this.isOpen) return;
    this.#head(200, headers);
    this.#close();
    this.#events.text(this.#held + text);
    if (!this.#isCancelled) this.#events.ended();
  }

  answer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    if (!this.isOpen) return;
    this.#head(status, headers);
    this.#close();
    if (text !== '') this.#events.text(text);
    this.#events.ended();
  }

  refuse(code: string, status: number, detail: string): void {
    const type = { 'content-type': 'application/problem+json' };
    this.answer(status, JSON.stringify({ code, detail }), type);
  }

  fail(): void {
    if (!this.isOpen) return;
    this.#close();
    this.#events.failed();
  }

  cancel(): void {
    this.#isCancelled = true;
    if (this.isOpen) this.#close();
  }

  #head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#hasHead) return;
    this.#hasHead = true;
    this.#events.head(status, (name) => headers[name] ?? null);
  }

  #close(): void {
    this.isOpen = false;
    this.#timer?.cancel();
    this.#gone();
    this.onGone();
  }
}
