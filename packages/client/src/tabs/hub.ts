/**
 * The one connection of several tabs. Each tab speaks through a line and believes that it has a server of its own; the hub
 * holds the wire, gives subscriptions, probes and answers their numbers, passes the texts of data frames on as they are, and
 * says to the server what is true of all of them together: visible if any is, the shortest interval, one acknowledgement.
 *
 * It keeps no rows. Whoever misses something asks again from where they stand, see switchboard.ts.
 */
import {
  decodeDownstream,
  mayComeBack,
  type Downstream,
  type ErrFrame,
  type JsonObject,
  type Welcome,
} from '@statewire/protocol';
import type { Dial, Wire } from '../connect/transport.ts';
import type { Env, Timer } from '../env.ts';
import { isAuthCode } from '../errors.ts';
import { answer, firstLife, hear, lookForLife, pulse, pulseAt, type Life } from '../session/heartbeat.ts';
import { ServerClock } from '../session/server-clock.ts';
import { objectsOf } from './frame.ts';
import type { Begun } from './first.ts';
import { headOf, type Head } from './stand.ts';
import { Stays } from './stays.ts';
import { Switchboard } from './switchboard.ts';

/** Why lines end when the server takes the tabs for somebody else than their group is for. */
export const STRANGE = 'somebody else is signed in now';

/** Lines at once; a tab beyond it connects by itself. */
export const LINES_MAX = 128;

/** Data frames a tab may be behind before it is let go: it comes back and catches up when it can. */
export const BEHIND_MAX = 512;

const ACK_FRAMES = 16;
const ACK_MS = 250;

export interface HubDeps {
  readonly env: Pick<Env, 'now' | 'after' | 'random' | 'isVisible'>;
  readonly dial: Dial;
  readonly url: string;
  /** Whom the server must take us for, or null when the group's name says it. */
  readonly who: string | null;
  /** Tells a line a text. */
  readonly down: (line: string, text: string) => void;
  /** A line is over: the connection ended so, or this line cannot go on. */
  readonly cut: (line: string, code: number, reason: string) => void;
}

interface Line {
  readonly hello: JsonObject;
  /** What it said before it was welcome. */
  readonly early: [JsonObject, string][];
  isWelcome: boolean;
  isHidden: boolean;
  heardAt: number;
  sent: number;
  acked: number;
}

export class Hub {
  readonly #deps: HubDeps;
  readonly #clock: ServerClock;
  readonly #lines = new Map<string, Line>();
  readonly #board: Switchboard;
  /** Probes on their way, newest per line. */
  readonly #probes = new Map<number, { readonly line: string; readonly i: number; readonly sentAt: number }>();
  /** Mutations on their way. */
  readonly #muts = new Map<string, string>();
  readonly #stays = new Stays((frame) => this.#send(frame));
  #wire: Wire | null = null;
  #welcome: Welcome | null = null;
  #helloAt = 0;
  #life: Life | null = null;
  /** The number on the wire of the probe that `#life` waits for. */
  #lifeProbe = 0;
  #lastProbe = 0;
  #isHidden = false;
  #received = 0;
  #acked = 0;
  #ackTimer: Timer | null = null;
  #pulseTimer: Timer | null = null;
  /** The line whose fresh token is being looked at. */
  #renewing: string | null = null;
  #isOver = false;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#clock = new ServerClock({ env: deps.env });
    this.#board = new Switchboard({
      send: (frame) => this.#send(frame),
      tell: (line, frame) => this.#down(line, frame),
    });
  }

  /** Lines that are open. */
  get size(): number {
    return this.#lines.size;
  }

  /** Its connection has ended, and with it every line. */
  get isOver(): boolean {
    return this.#isOver;
  }

  has(line: string): boolean {
    return this.#lines.has(line);
  }

  /** Goes on with the connection that a tab began with, before any line is open. What was subscribed there is asked for anew. */
  adopt({ wire, welcome, sentAt, received, lastS, lastProbe }: Begun): void {
    this.#wire = wire;
    this.#helloAt = sentAt;
    this.#received = received;
    this.#lastProbe = lastProbe;
    this.#board.countFrom(lastS);
    this.#welcomed(welcome);
    if (received > 0) this.#ack();
  }

  /** What the wire says. Given to whoever dials, so that an adopted wire speaks to the hub too. */
  readonly events = {
    opened: (): void => this.#opened(),
    text: (text: string): void => this.#hear(text),
    closed: (code: number, reason: string): void => this.#closed(code, reason),
  };

  /** A tab opens a line with its hello. */
  open(line: string, hello: JsonObject): void {
    if (this.#isOver) return;
    if (this.#lines.size >= LINES_MAX) {
      this.#deps.cut(line, 4429, 'too many tabs');
      return;
    }
    this.close(line);
    const now = this.#deps.env.now();
    this.#lines.set(line, { hello, early: [], isWelcome: false, isHidden: false, heardAt: now, sent: 0, acked: 0 });
    if (this.#wire === null) this.#dial();
    else if (this.#welcome !== null) this.#greet(line);
  }

  /** A tab says something on its line. */
  take(line: string, frame: JsonObject, text: string): void {
    const from = this.#lines.get(line);
    if (from === undefined || this.#isOver) return;
    if (!from.isWelcome && frame['t'] !== 'bye') {
      if (from.early.length < EARLY_MAX) from.early.push([frame, text]);
      return;
    }
    switch (frame['t']) {
      case 'sub':
        this.#board.sub(line, frame);
        return;
      case 'unsub':
        this.#board.leave(line, frame['s']);
        return;
      case 'iv':
        this.#board.pace(line, frame);
        return;
      case 'vis':
        from.isHidden = frame['hidden'] === true;
        this.#see();
        return;
      case 'a':
        if (typeof frame['n'] === 'number') from.acked = Math.max(from.acked, frame['n']);
        return;
      case 'p':
        if (typeof frame['i'] === 'number') this.#probe(line, frame['i']);
        return;
      case 'auth':
        // The server looks at one token at a time; whoever comes meanwhile is answered by the same answer.
        if (this.#renewing !== null) return;
        this.#renewing = line;
        this.#wire?.send(text);
        return;
      case 'mut':
        if (typeof frame['m'] === 'string') this.#muts.set(frame['m'], line);
        this.#stays.take(line, frame);
        this.#wire?.send(text);
        return;
      case 'bye':
        this.close(line);
        return;
      default:
        this.#wire?.send(text);
    }
  }

  /** A tab is gone, or has hung up. */
  close(line: string): void {
    if (!this.#lines.delete(line)) return;
    this.#board.close(line);
    for (const [i, probe] of this.#probes) if (probe.line === line) this.#probes.delete(i);
    for (const [m, whose] of this.#muts) if (whose === line) this.#muts.delete(m);
    if (this.#renewing === line) this.#renewing = null;
    this.#stays.close(line);
    this.#see();
  }

  /** Called with each beat: nobody is left without a sign of life. */
  tick(): void {
    const now = this.#deps.env.now();
    const hb = this.#welcome?.hb;
    if (hb === undefined || this.#life?.isFresh !== true) return;
    this.#stays.again();
    for (const [id, line] of this.#lines) {
      if (line.isWelcome && now - line.heardAt >= hb)
        this.#down(id, { t: 'q', i: 0, now: Math.round(this.#clock.now()) });
    }
  }

  /** Ends the connection; the lines hear nothing, whoever leads next takes them over. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wire?.send(JSON.stringify({ t: 'bye' }));
    this.#wire?.close(1000, 'bye');
    this.#stop();
  }

  #stop(): void {
    this.#isOver = true;
    this.#wire = null;
    this.#ackTimer?.cancel();
    this.#pulseTimer?.cancel();
    this.#ackTimer = null;
    this.#pulseTimer = null;
  }

  #dial(): void {
    try {
      this.#wire = this.#deps.dial(this.#deps.url, this.events);
    } catch (error) {
      this.#cutAll(1006, error instanceof Error ? error.message : String(error));
    }
  }

  #opened(): void {
    const first = [...this.#lines.values()][0];
    if (first === undefined || this.#isOver) return;
    this.#helloAt = this.#deps.env.now();
    // Subscriptions follow the welcome: only then it is known which positions are worth anything.
    const { subs: _, ...hello } = first.hello;
    this.#wire?.send(JSON.stringify(hello));
  }

  #closed(code: number, reason: string): void {
    if (this.#isOver) return;
    const culprit = this.#renewing;
    // A token that turned out to be somebody else's ends the connection, and is the affair of one tab alone.
    if (code === OTHER_IDENTITY && culprit !== null) {
      this.#deps.cut(culprit, code, reason);
      this.#lines.delete(culprit);
      this.#cutAll(1006, 'another tab showed the token of somebody else');
      return;
    }
    this.#cutAll(code, reason);
  }

  #cutAll(code: number, reason: string): void {
    this.#stop();
    const lines = [...this.#lines.keys()];
    this.#lines.clear();
    for (const line of lines) this.#deps.cut(line, code, reason);
  }

  #hear(text: string): void {
    if (this.#isOver) return;
    this.#life = this.#life === null ? null : hear(this.#life, this.#deps.env.now());
    const head = headOf(text);
    if (head !== null) {
      this.#data(head, text);
      return;
    }
    const decoded = decodeDownstream(text);
    if (decoded.ok) this.#act(decoded.value, text);
    else if (decoded.code === 'unknown_frame') this.#downAll(text);
    else this.#fail(1002, decoded.message);
  }

  #fail(code: number, reason: string): void {
    this.#wire?.close(1000, reason);
    this.#cutAll(code, reason);
  }

  #act(frame: Downstream, text: string): void {
    switch (frame.t) {
      case 'd':
        this.#data({ t: 'd', w: frame.w, from: frame.v[0], to: frame.v[1] }, text);
        return;
      case 's':
        this.#data(frame, text);
        return;
      case 'welcome':
        this.#welcomed(frame);
        return;
      case 'subd':
        this.#board.subd(frame);
        return;
      case 'h':
        if (this.#welcome !== null) this.#board.watermark({ e: this.#welcome.epoch, v: frame.v });
        this.#downAll(text);
        return;
      case 'q':
        this.#pong(frame.i, frame.now);
        return;
      case 'mr': {
        if (this.#stays.answered(frame)) return;
        const line = this.#muts.get(frame.m);
        this.#muts.delete(frame.m);
        if (line !== undefined) this.#downText(line, text);
        return;
      }
      case 'auth': {
        // One token is enough; when it is late, everybody is asked.
        const [first] = this.#lines.keys();
        if (frame.why !== 'expiring') this.#downAll(text);
        else if (first !== undefined) this.#downText(first, text);
        return;
      }
      case 'authd':
        this.#renewing = null;
        this.#downAll(text);
        return;
      case 'err':
        this.#err(frame, text);
        return;
      case 'bye':
        this.#downAll(text);
        if (mayComeBack(frame.code)) this.#fail(frame.code, 'bye');
    }
  }

  #welcomed(welcome: Welcome): void {
    if (this.#welcome !== null) return;
    if (this.#deps.who !== null && welcome.who !== this.#deps.who) {
      this.#fail(1006, STRANGE);
      return;
    }
    const { env } = this.#deps;
    this.#welcome = welcome;
    this.#clock.sample(this.#helloAt, welcome.now);
    this.#life = firstLife(welcome.hb, env.now());
    this.#ask();
    this.#arm();
    for (const line of this.#lines.keys()) this.#greet(line);
  }

  #greet(id: string): void {
    const line = this.#lines.get(id);
    const welcome = this.#welcome;
    if (line === undefined || welcome === null) return;
    line.isWelcome = true;
    this.#down(id, { ...welcome, now: Math.round(this.#clock.now()) });
    for (const sub of objectsOf(line.hello['subs'])) this.#board.sub(id, sub);
    for (const [frame, text] of line.early.splice(0)) this.take(id, frame, text);
    this.#see();
  }

  #data(head: Head, text: string): void {
    this.#count(head.t === 's' && !head.last);
    const epoch = this.#welcome?.epoch;
    if (epoch === undefined) return;
    for (const id of this.#board.data(head, epoch)) {
      const line = this.#lines.get(id);
      if (line === undefined) continue;
      line.sent += 1;
      this.#downText(id, text);
      if (line.sent - line.acked > BEHIND_MAX) {
        this.close(id);
        this.#deps.cut(id, 4408, 'this tab does not keep up; it comes back and catches up');
      }
    }
  }

  #err(frame: ErrFrame, text: string): void {
    if (frame.s !== undefined) {
      this.#board.refused(frame, frame.s);
      return;
    }
    const whose = this.#renewing;
    if (whose !== null && isAuthCode(frame.code) && frame.fatal !== true) {
      // Most likely it speaks of the token that this tab has just shown. If not, the next one tells everybody.
      this.#renewing = null;
      this.#downText(whose, text);
    } else this.#downAll(text);
  }

  /** Passes a tab's probe on: what it wants to know is whether the server lives. */
  #probe(line: string, i: number): void {
    const now = this.#deps.env.now();
    for (const [each, probe] of this.#probes) if (probe.line === line) this.#probes.delete(each);
    this.#lastProbe += 1;
    this.#probes.set(this.#lastProbe, { line, i, sentAt: now });
    this.#send({ t: 'p', i: this.#lastProbe });
    if (this.#life === null) return;
    const { life, ask } = lookForLife(this.#life, now);
    this.#life = life;
    if (ask) this.#lifeProbe = this.#lastProbe;
    this.#arm();
  }

  #pong(i: number, now: number): void {
    if (i >= this.#lifeProbe && this.#life !== null)
      this.#life = answer(this.#life, this.#life.asked, this.#deps.env.now());
    const newest = this.#probes.get(i);
    if (newest !== undefined) this.#clock.sample(newest.sentAt, now);
    // Ways that carry only the newest one upstream answer with it all that were asked before.
    for (const [each, probe] of this.#probes) {
      if (each > i) continue;
      this.#probes.delete(each);
      this.#down(probe.line, { t: 'q', i: probe.i, now });
    }
  }

  #ask(): void {
    this.#lastProbe += 1;
    this.#lifeProbe = this.#lastProbe;
    this.#send({ t: 'p', i: this.#lastProbe });
  }

  /** Is the wire alive? The tabs' own watches see only that the hub is. */
  #beat(): void {
    this.#pulseTimer = null;
    if (this.#life === null || this.#isOver) return;
    const found = pulse(this.#life, this.#deps.env.now(), this.#deps.env.isVisible());
    if (found.is === 'dead') {
      this.#fail(1006, 'the server fell silent');
      return;
    }
    this.#life = found.life;
    if (found.ask) this.#ask();
    this.#arm();
  }

  #arm(): void {
    if (this.#life === null || this.#isOver) return;
    const { env } = this.#deps;
    this.#pulseTimer?.cancel();
    const ms = Math.min(Math.max(pulseAt(this.#life, env.isVisible()) - env.now(), 1), PULSE_MS_MAX);
    this.#pulseTimer = env.after(ms, () => this.#beat());
  }

  #count(isUrgent: boolean): void {
    this.#received += 1;
    if (isUrgent || this.#received - this.#acked >= ACK_FRAMES) this.#ack();
    else this.#ackTimer ??= this.#deps.env.after(ACK_MS, () => this.#ack());
  }

  #ack(): void {
    this.#ackTimer?.cancel();
    this.#ackTimer = null;
    this.#acked = this.#received;
    this.#send({ t: 'a', n: this.#received });
  }

  /** Hidden only when every tab is. */
  #see(): void {
    if (this.#welcome === null || this.#isOver || this.#lines.size === 0) return;
    const isHidden = [...this.#lines.values()].every((line) => line.isHidden);
    if (isHidden === this.#isHidden) return;
    this.#isHidden = isHidden;
    this.#send({ t: 'vis', hidden: isHidden });
  }

  #send(frame: JsonObject): void {
    if (!this.#isOver) this.#wire?.send(JSON.stringify(frame));
  }

  #down(line: string, frame: Downstream): void {
    this.#downText(line, JSON.stringify(frame));
  }

  #downAll(text: string): void {
    for (const [id, line] of this.#lines) if (line.isWelcome || this.#welcome === null) this.#downText(id, text);
  }

  #downText(id: string, text: string): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    line.heardAt = this.#deps.env.now();
    this.#deps.down(id, text);
  }
}

const EARLY_MAX = 1_024;
const OTHER_IDENTITY = 4505;
const PULSE_MS_MAX = 60_000;
