/**
 * What whoever leads a group does for the others: a hub, a line to it for each tab that opens one over its channel, and a wish
 * for the lock that each of them holds, by which it hears of their ends. A tab leads (member.ts), or a worker (host.ts).
 */
import type { Dial } from '../connect/transport.ts';
import type { Channel, Env, Lock } from '../env.ts';
import { readObject } from './frame.ts';
import { Hub } from './hub.ts';
import { aliveOf, inboxOf, type Meeting } from './meeting.ts';
import { Collected, Numbered, type Note } from './message.ts';

export interface LeadDeps extends Meeting {
  readonly env: Env;
  readonly dial: Dial;
  readonly url: string;
  readonly group: string;
  /** Whom the group is for, when its name does not follow from the token. */
  readonly who: string | null;
  /** Tells the leader's own tab, if it is one; false when the line is another's. */
  readonly own: { text(line: string, text: string): boolean; cut(line: string, code: number, reason: string): boolean };
  /** A member has ended without a word. */
  readonly departed: (id: string) => void;
  readonly post: (to: Channel, note: Note) => void;
}

/** What the leader knows of a line that comes over the channel. */
interface Remote {
  readonly from: string;
  readonly out: Numbered;
  readonly into: Collected;
  readonly inbox: Channel;
}

export class Lead {
  readonly hub: Hub;
  readonly #deps: LeadDeps;
  readonly #remotes = new Map<string, Remote>();
  readonly #watches = new Map<string, Lock>();

  constructor(deps: LeadDeps) {
    this.#deps = deps;
    const { env, url, who, dial } = deps;
    this.hub = new Hub({
      env,
      url,
      who,
      dial,
      down: (line, text) => this.#down(line, text),
      cut: (line, code, reason) => this.#cut(line, code, reason),
    });
  }

  end(): void {
    this.hub.end();
    for (const remote of this.#remotes.values()) remote.inbox.close();
    for (const watch of this.#watches.values()) watch.release();
    this.#remotes.clear();
    this.#watches.clear();
  }

  /** Hears of the end of a member. */
  watch(from: string): void {
    if (this.#watches.has(from)) return;
    const { lock, group } = this.#deps;
    const held = (): void => {
      if (this.#watches.get(from) === wish) this.#departed(from);
    };
    const wish = lock(aliveOf(group, from), { steal: false }, { held, lost: () => undefined });
    this.#watches.set(from, wish);
  }

  hear(note: Note): void {
    if (note.k === 'open') {
      this.#open(note);
      return;
    }
    const remote = this.#remotes.get(note.line);
    if (remote !== undefined) this.#hearRemote(remote, note);
    // A line we do not know, for example because its opening was lost.
    else if (note.k === 'text') this.#again(note.line);
  }

  #open({ from, line, text }: Extract<Note, { k: 'open' }>): void {
    const hello = readObject(text);
    if (hello === null || this.hub.has(line)) return;
    const { channel, group } = this.#deps;
    this.#forgetLinesOf(from);
    const inbox = channel(inboxOf(group, from), nothing);
    this.#remotes.set(line, { from, inbox, out: new Numbered(), into: new Collected() });
    this.watch(from);
    this.hub.open(line, hello);
  }

  #hearRemote({ into, inbox }: Remote, note: Note): void {
    if (note.k === 'end') {
      this.#forget(note.line, inbox);
      return;
    }
    if (note.k !== 'text') return;
    const taken = into.take(note);
    if (taken.is === 'lost') {
      this.#deps.post(inbox, { k: 'again', line: note.line });
      this.#forget(note.line, inbox);
      return;
    }
    const frame = taken.is === 'whole' ? readObject(taken.text) : null;
    if (frame !== null && taken.is === 'whole') this.hub.take(note.line, frame, taken.text);
  }

  #forget(line: string, inbox: Channel): void {
    this.#remotes.delete(line);
    this.hub.close(line);
    inbox.close();
  }

  #again(line: string): void {
    const { channel, group, post } = this.#deps;
    const inbox = channel(inboxOf(group, line.slice(0, line.lastIndexOf('/'))), nothing);
    post(inbox, { k: 'again', line });
    inbox.close();
  }

  #down(line: string, text: string): void {
    const { own, post } = this.#deps;
    if (own.text(line, text)) return;
    const remote = this.#remotes.get(line);
    if (remote === undefined) return;
    for (const note of remote.out.parts(line, text)) post(remote.inbox, note);
  }

  #cut(line: string, code: number, reason: string): void {
    const { own, post } = this.#deps;
    if (own.cut(line, code, reason)) return;
    const remote = this.#remotes.get(line);
    if (remote === undefined) return;
    post(remote.inbox, { k: 'cut', line, code, reason });
    remote.inbox.close();
    this.#remotes.delete(line);
  }

  #departed(id: string): void {
    this.#watches.get(id)?.release();
    this.#watches.delete(id);
    this.#forgetLinesOf(id);
    this.#deps.departed(id);
  }

  #forgetLinesOf(id: string): void {
    for (const [line, { from, inbox }] of this.#remotes) if (from === id) this.#forget(line, inbox);
  }
}

const nothing = (): void => undefined;
