/**
 * Makes one connection serve all tabs of a browser. For the client it is a way to dial like any other: each tab has its own
 * replica, positions and commands, and believes that it has a server of its own.
 *
 * Who shares with whom follows from the hello. A token says whose it is. A cookie does not: it may be another one than a moment
 * ago, and the living connection of another tab may still be that of whoever signed out. So a caller by cookie begins with a
 * connection of its own, as if it were alone, and looks for others when the server has said who it is (first.ts).
 */
import type { Dial, Role, Transport, Wire, WireEvents } from '../connect/transport.ts';
import type { Env } from '../env.ts';
import { readObject } from './frame.ts';
import { groupOfToken, groupOfWho } from './group.ts';
import { STRANGE } from './hub.ts';
import { First } from './first.ts';
import type { HostWish } from './host-wish.ts';
import { Line } from './line.ts';
import { Member, type MemberDeps } from './member.ts';

export interface ShareOptions {
  /** `off`: each tab has a connection of its own. */
  readonly tabs?: 'auto' | 'off' | 'worker' | undefined;
  /** Tells the shared worker that is to lead; `failed` when there is none. Absent: tabs lead. */
  readonly worker?: ToWorker | undefined;
  /** Ways to the server that the worker may take; all, unless it says. */
  readonly transports?: readonly Transport[] | undefined;
  /** Another line of releases than this one's, for tests. */
  readonly line?: string | undefined;
}

/** A way to dial that shares one connection among tabs; each by itself wherever they cannot find each other. */
export function shareDial(env: Env, dial: Dial, options: ShareOptions = {}): Dial {
  const { tabs, line } = options;
  if (tabs === 'off') return dial;
  const page: Page = { env, dial, line, options, instance: null, wires: 0, canShare: true, known: null };
  return (url, events) => {
    const { lock, channel } = env;
    if (!page.canShare || lock === undefined || channel === undefined) return dial(url, events);
    return new SharedWire(page, { lock, channel }, url, events);
  };
}

/** A message to a shared worker. `failed` is called when it cannot be had, at once or later. */
export type ToWorker = (message: HostWish, failed: () => void) => void;

/** What lasts over the connections of one client. */
interface Page {
  readonly env: Env;
  readonly dial: Dial;
  readonly line: string | undefined;
  readonly options: ShareOptions;
  /** Part of the names of this client's members. */
  instance: string | null;
  wires: number;
  /** False once it has turned out that tabs cannot find each other here. */
  canShare: boolean;
  /** Whom the server took us for, while nothing but the network has ended the connection. */
  known: { readonly org: string; readonly who: string } | null;
}

type Meeting = Pick<MemberDeps, 'lock' | 'channel'>;

class SharedWire implements Wire {
  readonly #page: Page;
  readonly #meeting: Meeting;
  readonly #url: string;
  readonly #events: WireEvents;
  #first: First | null = null;
  #member: Member | null = null;
  #own: Wire | null = null;
  /** What is to be said on a connection of its own that is not open yet. */
  #early: string[] = [];
  #isOver = false;

  constructor(page: Page, meeting: Meeting, url: string, events: WireEvents) {
    this.#page = page;
    this.#meeting = meeting;
    this.#url = url;
    this.#events = events;
    // Later, as over a network; who is calling is known only with the hello.
    void Promise.resolve().then(() => {
      if (!this.#isOver) events.opened();
    });
  }

  get role(): Role {
    return this.#member?.role ?? (this.#own === null && this.#first === null ? 'follower' : 'alone');
  }

  get kind(): Transport | null {
    if (this.#own !== null) return this.#own.kind ?? 'websocket';
    return this.#member?.kind ?? this.#first?.kind ?? null;
  }

  send(text: string): void {
    if (this.#isOver) return;
    const to = this.#member ?? this.#first;
    if (to !== null) to.send(text);
    else if (this.#own === null) this.#begin(text);
    else if (this.#early.length > 0) this.#early.push(text);
    else this.#own.send(text);
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    // By hand, or because the page goes: whoever calls next may be somebody else.
    this.#page.known = null;
    this.#end(code, reason);
    this.#own?.close(code, reason);
  }

  #end(code?: number, reason?: string): void {
    this.#isOver = true;
    this.#member?.close(code, reason);
    this.#first?.close(code ?? 1000, reason ?? 'bye');
  }

  #closed(code: number, reason: string): void {
    if (this.#isOver) return;
    if (reason === STRANGE) this.#page.known = null;
    this.#end();
    this.#events.closed(code, reason);
  }

  #begin(text: string): void {
    const { line: release, known } = this.#page;
    const hello = readObject(text);
    const token = hello?.['token'];
    if (hello?.['t'] !== 'hello') {
      this.#goAlone([text]);
      return;
    }
    const line = new Line(hello);
    if (typeof token === 'string') this.#join(line, groupOfToken(this.#url, token, release), null);
    else if (known !== null) this.#join(line, groupOfWho(this.#url, known, release), known.who);
    else this.#start(line, text);
  }

  #start(line: Line, hello: string): void {
    const page = this.#page;
    this.#first = new First(
      {
        env: page.env,
        dial: page.dial,
        url: this.#url,
        line,
        text: (text) => this.#events.text(text),
        closed: (code, reason) => this.#closed(code, reason),
        changed: () => this.#events.changed?.(),
        welcomed: ({ org, who }) => {
          if (this.#isOver) return;
          page.known = { org, who };
          this.#join(line, groupOfWho(this.#url, { org, who }, page.line), who);
        },
      },
      hello,
    );
    this.#first.start();
  }

  #join(line: Line, group: string, who: string | null): void {
    const page = this.#page;
    page.instance ??= page.env.uniqueId();
    page.wires += 1;
    const first = this.#first;
    this.#first = null;
    const { worker: tell, transports = null } = page.options;
    const wish: HostWish = { k: 'lead', url: this.#url, group, who, transports };
    const member = new Member({
      ...this.#meeting,
      env: page.env,
      dial: page.dial,
      url: this.#url,
      group,
      id: `${page.instance}.${page.wires}`,
      who,
      line,
      first,
      worker: tell === undefined ? undefined : (failed) => tell(wish, failed),
      text: (text) => this.#events.text(text),
      closed: (code, reason) => this.#closed(code, reason),
      changed: () => this.#events.changed?.(),
      alone: (texts) => {
        page.canShare = false;
        if (texts !== null) this.#goAlone(texts);
      },
    });
    this.#member = member;
    if (first === null) member.join();
    // What was asked for at once comes first, so that nothing of it has to be sent twice.
    else first.whenCalm(() => member.join());
  }

  #goAlone(texts: readonly string[]): void {
    if (this.#isOver) return;
    this.#member = null;
    this.#early = [...texts];
    const own = this.#page.dial(this.#url, {
      opened: () => {
        for (const text of this.#early.splice(0)) own.send(text);
      },
      text: (text) => this.#events.text(text),
      closed: (code, reason) => this.#closed(code, reason),
      changed: () => this.#events.changed?.(),
    });
    this.#own = own;
    this.#events.changed?.();
  }
}
