/**
 * Makes one connection serve all tabs of a browser. For the client it is a way to dial like any other: each tab has its own
 * replica, positions and commands, and believes that it has a server of its own.
 *
 * Who shares with whom follows from the hello. A token says whose it is. A cookie does not: it may be another one than a moment
 * ago, and the living connection of another tab may still be that of whoever signed out. So a caller by cookie asks the server
 * first, over a connection of its own; if nobody leads its group yet, that connection becomes the one of all.
 */
import type { JsonObject } from '@statewire/protocol';
import type { Dial, Role, Transport, Wire, WireEvents } from '../connect/transport.ts';
import type { Env } from '../env.ts';
import { readObject } from './frame.ts';
import { groupOfToken, groupOfWho } from './group.ts';
import { STRANGE } from './hub.ts';
import { Member, type MemberDeps } from './member.ts';
import { Proof } from './proof.ts';

export interface ShareOptions {
  /** `off`: each tab has a connection of its own. */
  readonly tabs?: 'auto' | 'off' | undefined;
  /** Another line of releases than this one's, for tests. */
  readonly line?: string | undefined;
}

/** A way to dial that shares one connection among tabs; each by itself wherever they cannot find each other. */
export function shareDial(env: Env, dial: Dial, { tabs, line }: ShareOptions = {}): Dial {
  if (tabs === 'off') return dial;
  const page: Page = { env, dial, line, instance: null, wires: 0, canShare: true, known: null };
  return (url, events) => {
    const { lock, channel } = env;
    if (!page.canShare || lock === undefined || channel === undefined) return dial(url, events);
    return new SharedWire(page, { lock, channel }, url, events);
  };
}

/** What lasts over the connections of one client. */
interface Page {
  readonly env: Env;
  readonly dial: Dial;
  readonly line: string | undefined;
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
  /** What the tab said before there was anybody to hear it. */
  #early: string[] = [];
  #member: Member | null = null;
  #own: Wire | null = null;
  #proof: Proof | null = null;
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
    return this.#member?.role ?? (this.#own === null ? 'follower' : 'alone');
  }

  get kind(): Transport | null {
    return this.#own === null ? (this.#member?.kind ?? null) : (this.#own.kind ?? 'websocket');
  }

  send(text: string): void {
    if (this.#isOver) return;
    if (this.#member !== null) this.#member.send(text);
    else if (this.#own !== null && this.#early.length === 0) this.#own.send(text);
    else this.#early.push(text);
    if (this.#early.length === 1 && this.#early[0] === text) this.#begin(text);
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    // By hand, or because the page goes: whoever calls next may be somebody else.
    this.#page.known = null;
    this.#end();
    this.#own?.close(code, reason);
  }

  #end(): void {
    this.#isOver = true;
    this.#member?.close();
    this.#proof?.close();
    this.#proof = null;
  }

  #closed(code: number, reason: string): void {
    if (this.#isOver) return;
    if (reason === STRANGE) this.#page.known = null;
    this.#end();
    this.#events.closed(code, reason);
  }

  #begin(text: string): void {
    const { line, known } = this.#page;
    const hello = readObject(text);
    const token = hello?.['token'];
    if (hello?.['t'] !== 'hello') this.#goAlone();
    else if (typeof token === 'string') this.#join(hello, groupOfToken(this.#url, token, line), null);
    else if (known !== null) this.#join(hello, groupOfWho(this.#url, known, line), known.who);
    else this.#prove(hello);
  }

  /** Asks the server who is calling. */
  #prove(hello: JsonObject): void {
    const page = this.#page;
    this.#proof = new Proof({
      env: page.env,
      dial: page.dial,
      url: this.#url,
      hello,
      text: (text) => this.#events.text(text),
      closed: (code, reason) => this.#closed(code, reason),
      proved: ({ org, who }) => {
        page.known = { org, who };
        this.#join(hello, groupOfWho(this.#url, { org, who }, page.line), who);
      },
    });
    this.#proof.start();
  }

  #join(hello: JsonObject, group: string, who: string | null): void {
    const page = this.#page;
    page.instance ??= page.env.uniqueId();
    page.wires += 1;
    const member = new Member({
      ...this.#meeting,
      env: page.env,
      dial: page.dial,
      url: this.#url,
      group,
      id: `${page.instance}.${page.wires}`,
      who,
      hello,
      text: (text) => {
        // Somebody leads, and it is not over this connection.
        this.#proof?.close();
        this.#proof = null;
        this.#events.text(text);
      },
      closed: (code, reason) => this.#closed(code, reason),
      changed: () => this.#events.changed?.(),
      alone: (texts) => {
        page.canShare = false;
        this.#early = [...texts];
        this.#goAlone();
      },
      handOver: (to) => {
        const proof = this.#proof;
        this.#proof = null;
        return proof?.handOver(to) ?? null;
      },
    });
    this.#member = member;
    const [, ...rest] = this.#early.splice(0);
    member.join();
    for (const text of rest) member.send(text);
  }

  #goAlone(): void {
    if (this.#isOver) return;
    this.#proof?.close();
    this.#proof = null;
    this.#member = null;
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
