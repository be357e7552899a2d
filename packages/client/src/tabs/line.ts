/**
 * A tab's end of a line to a hub. It passes texts through, and remembers of what passed just enough to say it again to another
 * hub: what is subscribed and where it stands, what is unanswered. So a tab lives through the end of its leader without a new
 * connection of its own; the frames it misses come as they do after any gap.
 */
import type { JsonObject, Welcome } from '@statewire/protocol';
import { objectsOf, readObject, sinceOf } from './frame.ts';
import { headOf, Stand } from './stand.ts';

/** What a text from a hub means for the line. */
export type Heard =
  /** Hand it on. */
  | 'pass'
  /** It answers the line, not the tab. */
  | 'own'
  /** The tab knows it already. */
  | 'keep'
  /** It is not true for this tab yet. */
  | 'early'
  /** This is not the history or the identity that the tab is connected to: it has to begin anew. */
  | 'over';

export class Line {
  readonly #hello: JsonObject;
  readonly #subs = new Map<number, Sub>();
  readonly #muts = new Map<string, string>();
  /** Where the tab is, by stay: what it said to be there. */
  readonly #stays = new Map<string, Stay>();
  /** Commands of the line itself on their way. */
  readonly #own = new Set<string>();
  #openings = 0;
  #welcome: Pick<Welcome, 'epoch' | 'org' | 'who'> | null = null;
  #isHidden = false;
  #probe: string | null = null;
  #isPaused = false;
  /** Data frames heard on the present line. */
  #received = 0;

  constructor(hello: JsonObject) {
    const { subs, ...rest } = hello;
    this.#hello = rest;
    for (const sub of objectsOf(subs)) this.#subscribe(sub);
  }

  /** Was it welcomed ever? */
  get isWelcome(): boolean {
    return this.#welcome !== null;
  }

  /** Is everything that was asked for there, and nothing more on its way than what is new? */
  get isCalm(): boolean {
    return [...this.#subs.values()].every(({ stand }) => stand.w !== null && !stand.isDue);
  }

  /** Was it told that its credential has ended? */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What opens a line: the hello as it would be said now, and what follows it. */
  opening(): { readonly hello: JsonObject; readonly rest: readonly string[] } {
    this.#received = 0;
    const subs = [...this.#subs.values()].map((sub) => {
      const { frame, stand } = sub;
      sub.formerW = stand.w ?? sub.formerW;
      stand.w = null;
      const { since: _, ...bare } = frame;
      return stand.since === null ? bare : { ...bare, since: { ...stand.since } };
    });
    this.#openings += 1;
    // Presence ends with the connection over which it was said.
    const stays = this.isWelcome ? [...this.#stays.values()].map((stay) => this.#stayOn(stay)) : [];
    const rest = [...this.#muts.values(), ...stays];
    if (this.#isHidden) rest.push('{"t":"vis","hidden":true}');
    if (this.#probe !== null) rest.push(this.#probe);
    return { hello: { ...this.#hello, subs }, rest };
  }

  /** The tab says something; returns the text for the hub, or null when it need not know. */
  up(text: string): string | null {
    const frame = readObject(text);
    if (frame === null) return null;
    const { t, s, m } = frame;
    if (t === 'sub') this.#subscribe(frame);
    else if (t === 'unsub' && typeof s === 'number') this.#subs.delete(s);
    else if (t === 'iv' && typeof s === 'number') this.#pace(s, frame['iv']);
    else if (t === 'mut' && typeof m === 'string') {
      this.#muts.set(m, text);
      this.#stay(m, frame);
    } else if (t === 'vis') this.#isHidden = frame['hidden'] === true;
    else if (t === 'p') this.#probe = text;
    // The tab counts over the lives of several hubs, this hub from its own beginning.
    else if (t === 'a') return `{"t":"a","n":${this.#received}}`;
    return text;
  }

  down(text: string): Heard {
    const head = headOf(text);
    if (head !== null) {
      this.#received += 1;
      const epoch = this.#welcome?.epoch;
      if (epoch !== undefined) {
        for (const { stand } of this.#subs.values()) if (stand.w === head.w) stand.take(head, epoch);
      }
      return 'pass';
    }
    const frame = readObject(text);
    if (frame === null) return 'pass';
    const { t, s, m, w, v } = frame;
    switch (t) {
      case 'welcome':
        return this.#welcomed(frame);
      case 'subd':
        return typeof s === 'number' && typeof w === 'number' ? this.#subd(s, w, frame['how']) : 'pass';
      case 'h':
        // The tab would take it for everything it looks at, and does not know that this hub has yet to go on with some of it.
        if ([...this.#subs.values()].some(({ stand, formerW }) => stand.w === null && formerW !== null)) return 'early';
        this.#watermark(v);
        return 'pass';
      case 'mr':
        if (typeof m !== 'string') return 'pass';
        if (this.#own.delete(m)) return 'own';
        this.#muts.delete(m);
        return 'pass';
      case 'q':
        this.#probe = null;
        return 'pass';
      case 'authd':
        this.#isPaused = false;
        return 'pass';
      case 'err':
        if (typeof s === 'number') this.#subs.delete(s);
        else if (frame['code'] === 'auth_expired') this.#isPaused = true;
        return 'pass';
      default:
        return 'pass';
    }
  }

  #welcomed({ epoch, org, who }: JsonObject): Heard {
    if (typeof epoch !== 'string' || typeof org !== 'string' || typeof who !== 'string') return 'over';
    const known = this.#welcome;
    this.#welcome = { epoch, org, who };
    if (known === null) return 'pass';
    return known.epoch === epoch && known.org === org && known.who === who ? 'keep' : 'over';
  }

  #subscribe(frame: JsonObject): void {
    const { s } = frame;
    if (typeof s === 'number') this.#subs.set(s, { frame, stand: new Stand(sinceOf(frame)), formerW: null });
  }

  #stay(m: string, frame: JsonObject): void {
    const { c, op, name, k } = frame;
    if (c !== 'presences' || op !== 'call' || typeof k !== 'string') return;
    if (name === 'enter') this.#stays.set(k, { m, frame });
    else if (name === 'leave') this.#stays.delete(k);
  }

  /** The same under another id: under its own the server would know it as done. */
  #stayOn({ m, frame }: Stay): string {
    const again = `${m}.${this.#openings}`;
    this.#own.add(again);
    return JSON.stringify({ ...frame, m: again });
  }

  #pace(s: number, iv: JsonObject[string] | undefined): void {
    const sub = this.#subs.get(s);
    if (sub !== undefined && iv !== undefined) sub.frame = { ...sub.frame, iv };
  }

  #subd(s: number, w: number, how: JsonObject[string] | undefined): Heard {
    const sub = this.#subs.get(s);
    // Another server process numbers views anew, and the tab has no way to tell old numbers from new ones.
    if (sub !== undefined && sub.formerW !== null && sub.formerW !== w) return 'over';
    // The newest subscription of a view is the only one.
    for (const [other, { stand }] of this.#subs) if (other !== s && stand.w === w) this.#subs.delete(other);
    sub?.stand.subd(w, how === 'delta' || how === 'reconcile' ? how : 'snapshot');
    return 'pass';
  }

  #watermark(v: JsonObject[string] | undefined): void {
    if (typeof v !== 'number' || this.#welcome === null) return;
    for (const { stand } of this.#subs.values()) {
      if (stand.w !== null) stand.watermark({ e: this.#welcome.epoch, v });
    }
  }
}

interface Sub {
  frame: JsonObject;
  readonly stand: Stand;
  /** The number its view had with the hub before. */
  formerW: number | null;
}

/** The command by which a tab said where it is. */
interface Stay {
  readonly m: string;
  readonly frame: JsonObject;
}
