/**
 * One connection of a tab as a member of its group: it has a seat in the election, a line to whoever leads, and when it leads
 * itself the hub. It lives as long as the connection its tab believes to have.
 *
 * Each member holds a lock of its own while it lives. Whoever leads waits for that lock, and so hears of a tab that crashed.
 */
import type { Dial, Role, Transport, Wire, WireEvents } from '../connect/transport.ts';
import type { Channel, Env, Lock, Timer } from '../env.ts';
import { nextTickAt, step, type Effect, type Event, type Seat } from './election.ts';
import { readObject } from './frame.ts';
import { LINES_MAX, type Hub } from './hub.ts';
import { Lead } from './lead.ts';
import type { First } from './first.ts';
import type { Line } from './line.ts';
import { aliveOf, inboxOf, type Meeting } from './meeting.ts';
import { Collected, Numbered, readGossip, readNote, type Gossip, type Note } from './message.ts';

/** How long an opening may be unanswered before it is said again, ms. */
const ANSWER_MS_MAX = 2_000;

/** How long a tab waits for a worker that it asked to lead, ms, until it takes part in the election itself. */
export const WORKER_MS_MAX = 3_000;

/** How long a tab that was connected may be without a leader before it says that it is not, ms. */
export const ORPHAN_MS_MAX = 2_000;

export interface MemberDeps extends Meeting {
  readonly env: Env;
  readonly dial: Dial;
  readonly url: string;
  /** Name of the group. */
  readonly group: string;
  /** Names this member; no other has the same. */
  readonly id: string;
  /** Whom the group is for, when its name does not follow from the token. */
  readonly who: string | null;
  /** What the tab has said and heard until now. */
  readonly line: Line;
  /** The connection that the tab began with, if there is one. */
  readonly first: First | null;
  /** Asks a shared worker to lead this group; `failed` when there is none. Absent: tabs lead. */
  readonly worker: ((failed: () => void) => void) | undefined;
  readonly text: (text: string) => void;
  /** The connection ended. */
  readonly closed: (code: number, reason: string) => void;
  readonly changed: () => void;
  /**
   * Tabs cannot find each other here; what the tab has said until now is to be said on a connection of its own. Null: it goes
   * on over the one it began with.
   */
  readonly alone: (texts: readonly string[] | null) => void;
}

export class Member {
  readonly #deps: MemberDeps;
  readonly #line: Line;
  #first: First | null;
  #seat: Seat = { at: 'out' };
  #gossip: Channel | null = null;
  #inbox: Channel | null = null;
  #alive: Lock | null = null;
  #wish: Lock | null = null;
  #lead: Lead | null = null;
  #leader: string | null = null;
  #kind: Transport | null = null;
  /** Number of our present line; each attempt has another. */
  #lines = 0;
  #isAnswered = false;
  #attachedAt = 0;
  #out = new Numbered();
  #into = new Collected();
  #toLeader: Channel | null = null;
  #stopListening: (() => void) | null = null;
  #timer: Timer | null = null;
  #orphanTimer: Timer | null = null;
  /** Runs while a worker may be about to lead. */
  #workerTimer: Timer | null = null;
  #isOver = false;
  /** Other members, and whether they are visible. */
  readonly #peers = new Map<string, boolean>();

  constructor(deps: MemberDeps) {
    this.#deps = deps;
    this.#line = deps.line;
    this.#first = deps.first;
  }

  get role(): Role {
    if (this.#first !== null) return 'alone';
    return this.#lead === null ? 'follower' : 'leader';
  }

  get kind(): Transport | null {
    return this.#first?.kind ?? this.#kind;
  }

  /** Comes in. Until its own lock is held it says nothing: whoever leads could not hear of its end. */
  join(): void {
    const { lock, channel, group, id } = this.#deps;
    try {
      this.#gossip = channel(group, (raw) => this.#hearGossip(raw));
      this.#inbox = channel(inboxOf(group, id), (raw) => this.#hearNote(raw));
      const own = { held: () => this.#enter(), lost: () => this.#giveUp() };
      this.#alive = lock(aliveOf(group, id), { steal: false }, own);
    } catch {
      // Opaque origins have the names and not the things.
      this.#giveUp();
    }
  }

  /** The tab says something. */
  send(text: string): void {
    if (this.#isOver) return;
    if (this.#first !== null) {
      this.#first.send(text);
      return;
    }
    const up = this.#line.up(text);
    if (up !== null) this.#up(up);
  }

  /** The tab hangs up, or the page goes. */
  close(code = 1000, reason = 'bye'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave();
    this.#first?.close(code, reason);
  }

  #leave(): void {
    if (this.#toLeader !== null) this.#post(this.#toLeader, { k: 'end', line: this.#lineId });
    this.#dispatch({ t: 'leave' });
    this.#say({ k: 'gone', id: this.#deps.id });
    this.#stopListening?.();
    this.#timer?.cancel();
    this.#orphanTimer?.cancel();
    this.#workerTimer?.cancel();
    this.#workerTimer = null;
    this.#timer = null;
    this.#alive?.release();
    this.#toLeader?.close();
    this.#gossip?.close();
    this.#inbox?.close();
    this.#gossip = null;
    this.#inbox = null;
  }

  #enter(): void {
    if (this.#isOver) return;
    const { env } = this.#deps;
    this.#stopListening = env.listen((signal) => {
      if (signal === 'visible' || signal === 'hidden') {
        this.#here();
        this.#dispatch({ t: signal === 'visible' ? 'shown' : 'hidden' });
      } else if (signal === 'freeze') {
        // What is held by a page that stands still helps nobody.
        this.#end(1006, 'the page was frozen');
      }
    });
    const { worker } = this.#deps;
    if (worker === undefined) this.#dispatch({ t: 'join' });
    else {
      const stand = (): void => this.#stand();
      this.#workerTimer = env.after(WORKER_MS_MAX, stand);
      worker(stand);
    }
    this.#here();
  }

  /** There is no worker, or it leads already: from here on the tab would lead when nobody does. */
  #stand(): void {
    if (this.#workerTimer === null) return;
    this.#workerTimer.cancel();
    this.#workerTimer = null;
    this.#dispatch({ t: 'join' });
  }

  #giveUp(): void {
    if (this.#isOver) return;
    if (this.#first !== null) {
      this.#leave();
      this.#deps.alone(null);
      return;
    }
    const { hello, rest } = this.#line.opening();
    if (this.#line.isWelcome) {
      this.#end(1006, 'tabs cannot find each other any more');
      return;
    }
    this.close();
    this.#deps.alone([JSON.stringify(hello), ...rest]);
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.#deps.closed(code, reason);
  }

  #dispatch(event: Event): void {
    const { env } = this.#deps;
    const { next, effects } = step(this.#seat, event, {
      now: env.now(),
      isVisible: env.isVisible(),
      hasVisiblePeer: this.#hasVisiblePeer(),
    });
    this.#seat = next;
    for (const effect of effects) this.#run(effect);
    this.#arm();
  }

  #run(effect: Effect): void {
    switch (effect.do) {
      case 'ask':
      case 'steal':
        this.#ask(effect.do === 'steal');
        return;
      case 'release':
        this.#wish?.release();
        this.#wish = null;
        return;
      case 'lead':
        this.#whenCalm(() => this.#becomeLeader());
        return;
      case 'resign':
        this.#resign();
        return;
      case 'beat':
        if (this.#lead === null) return;
        this.#lead.hub.tick();
        this.#say({ k: 'beat', id: this.#deps.id, kind: this.#kind ?? '' });
        return;
      case 'goAlone':
        this.#giveUp();
    }
  }

  #ask(steal: boolean): void {
    const { lock, group } = this.#deps;
    const tell = (event: Event): void => {
      if (this.#wish === wish) this.#dispatch(event);
    };
    const wish = lock(group, { steal }, { held: () => tell({ t: 'held' }), lost: () => tell({ t: 'lost' }) });
    this.#wish = wish;
  }

  #becomeLeader(): void {
    const { id } = this.#deps;
    // Whoever led until now may be gone with everything it said. If not, it says again that it is here.
    if (this.#leader !== null) this.#peers.delete(this.#leader);
    this.#leader = id;
    this.#detach();
    const lead = new Lead({
      ...this.#deps,
      dial: (to, events) => this.#dial(to, events),
      own: { text: (line, text) => this.#down(line, text), cut: (line, code, reason) => this.#cut(line, code, reason) },
      departed: (peer) => {
        this.#say({ k: 'gone', id: peer });
        this.#hearGossip({ k: 'gone', id: peer });
      },
      post: (to, note) => this.#post(to, note),
    });
    this.#lead = lead;
    this.#handOver(lead.hub);
    for (const peer of this.#peers.keys()) lead.watch(peer);
    this.#attach();
    this.#deps.changed();
    this.#run({ do: 'beat' });
  }

  /** What is on its way over the connection the tab began with comes first: it would have to be sent again. */
  #whenCalm(run: () => void): void {
    if (this.#first === null) run();
    else this.#first.whenCalm(run);
  }

  #handOver(hub: Hub): void {
    const first = this.#first;
    this.#first = null;
    if (first === null) return;
    const begun = first.handOver({ ...hub.events, changed: () => this.#carriedBy(first.kind) });
    this.#kind = first.kind;
    if (begun !== null) hub.adopt(begun);
  }

  #dial(url: string, hub: WireEvents): Wire {
    const events: WireEvents = { ...hub, changed: () => this.#carriedBy(wire.kind) };
    const wire: Wire = this.#deps.dial(url, events);
    this.#kind = wire.kind ?? 'websocket';
    return wire;
  }

  /** What carries the connection of all may change while it lives. */
  #carriedBy(kind: Transport | null = 'websocket'): void {
    this.#kind = kind;
    this.#deps.changed();
    if (this.#lead !== null) this.#say({ k: 'beat', id: this.#deps.id, kind: this.#kind ?? '' });
  }

  #resign(): void {
    const lead = this.#lead;
    this.#first?.whenCalm(null);
    if (lead === null) return;
    this.#lead = null;
    lead.end();
    this.#leader = null;
    if (this.#isOver) return;
    this.#say({ k: 'free', id: this.#deps.id });
    this.#orphan();
    this.#here();
    this.#deps.changed();
  }

  // The line to whoever leads.

  get #lineId(): string {
    return `${this.#deps.id}/${this.#lines}`;
  }

  #attach(): void {
    this.#detach();
    const leader = this.#leader;
    if (leader === null) return;
    const { group, channel, id } = this.#deps;
    const first = this.#first;
    if (first !== null) {
      this.#first = null;
      first.send('{"t":"bye"}');
      first.close(1000, 'bye');
      this.#deps.changed();
    }
    this.#lines += 1;
    this.#attachedAt = this.#deps.env.now();
    this.#isAnswered = false;
    this.#out = new Numbered();
    this.#into = new Collected();
    const { hello, rest } = this.#line.opening();
    if (this.#lead === null) {
      const inbox = channel(inboxOf(group, leader), nothing);
      this.#toLeader = inbox;
      this.#post(inbox, { k: 'open', from: id, line: this.#lineId, text: JSON.stringify(hello) });
    } else {
      this.#lead.hub.open(this.#lineId, hello);
    }
    for (const text of rest) this.#up(text);
    this.#orphan();
  }

  #detach(): void {
    this.#toLeader?.close();
    this.#toLeader = null;
  }

  /** A tab that was connected says so when nobody takes its line for a while. */
  #orphan(): void {
    if (!this.#line.isWelcome || this.#first !== null || this.#orphanTimer !== null || this.#isOver) return;
    this.#orphanTimer = this.#deps.env.after(ORPHAN_MS_MAX, () => {
      this.#orphanTimer = null;
      this.#end(1006, 'no other tab holds a connection');
    });
  }

  #up(text: string): void {
    if (this.#lead !== null) {
      const frame = readObject(text);
      if (frame !== null) this.#lead.hub.take(this.#lineId, frame, text);
      return;
    }
    if (this.#toLeader === null) return;
    for (const note of this.#out.parts(this.#lineId, text)) this.#post(this.#toLeader, note);
  }

  #heard(text: string): void {
    const heard = this.#line.down(text);
    if (heard === 'over') {
      this.#end(1006, 'the connection of all tabs is another one now');
      return;
    }
    this.#isAnswered = true;
    this.#orphanTimer?.cancel();
    this.#orphanTimer = null;
    if (heard === 'pass') this.#deps.text(text);
    // A credential that had ended here is good again with whoever leads now.
    else if (heard === 'keep' && this.#line.isPaused) this.#heard('{"t":"authd","exp":null,"scope":"same"}');
  }

  // As leader: the line of this tab.

  #down(line: string, text: string): boolean {
    if (line !== this.#lineId) return false;
    // Later, as over a network: nobody is answered inside the call that asks.
    void Promise.resolve().then(() => {
      if (line === this.#lineId && !this.#isOver) this.#heard(text);
    });
    return true;
  }

  #cut(line: string, code: number, reason: string): boolean {
    if (line !== this.#lineId) return false;
    void Promise.resolve().then(() => {
      if (line === this.#lineId) this.#end(code, reason);
    });
    return true;
  }

  // What the others say.

  #hearGossip(raw: unknown): void {
    const said = readGossip(raw);
    if (said === null || this.#isOver || said.id === this.#deps.id) return;
    switch (said.k) {
      case 'here':
        if (this.#peers.size < LINES_MAX || this.#peers.has(said.id)) this.#peers.set(said.id, said.visible);
        // Whoever comes has not heard yet who leads.
        if (this.#lead !== null) {
          this.#lead.watch(said.id);
          this.#run({ do: 'beat' });
        }
        break;
      case 'gone':
      case 'free':
        if (said.k === 'gone') this.#peers.delete(said.id);
        if (said.id === this.#leader) {
          this.#leader = null;
          this.#detach();
          this.#orphan();
        }
        break;
      case 'beat':
        this.#hearBeat(said);
        return;
    }
    this.#dispatch({ t: 'peers' });
  }

  #hearBeat({ id, kind }: Extract<Gossip, { k: 'beat' }>): void {
    // Two that lead: the lock of one was stolen, and it has not heard of it yet. It will.
    if (this.#seat.at === 'leading') return;
    this.#stand();
    this.#dispatch({ t: 'heard' });
    const isNew = id !== this.#leader;
    if (isNew) {
      if (this.#leader !== null) this.#peers.delete(this.#leader);
      this.#leader = id;
      this.#here();
    }
    // An opening that was lost is said again.
    const isLate = !this.#isAnswered && this.#deps.env.now() - this.#attachedAt >= ANSWER_MS_MAX;
    if (isNew || isLate) this.#whenCalm(() => this.#attach());
    const known = readKind(kind);
    if (known === this.#kind) return;
    this.#kind = known;
    this.#deps.changed();
  }

  #hearNote(raw: unknown): void {
    const note = readNote(raw);
    if (note === null || this.#isOver) return;
    if (this.#lead !== null) this.#lead.hear(note);
    else if (note.k !== 'open' && note.line === this.#lineId) this.#hearLeader(note);
  }

  #hearLeader(note: Note): void {
    if (note.k === 'cut') this.#end(note.code, note.reason);
    else if (note.k === 'again') this.#attach();
    else if (note.k === 'text') {
      const taken = this.#into.take(note);
      if (taken.is === 'lost') this.#attach();
      else if (taken.is === 'whole') this.#heard(taken.text);
    }
  }

  #here(): void {
    this.#say({ k: 'here', id: this.#deps.id, visible: this.#deps.env.isVisible() });
  }

  #say(said: Gossip): void {
    if (this.#gossip !== null) this.#post(this.#gossip, said);
  }

  #post(to: Channel, message: Gossip | Note): void {
    try {
      to.post(message);
    } catch (error) {
      // A page that is being torn down; the other side hears of it by the lock.
      if (!this.#isOver) this.#deps.env.reportError(error);
    }
  }

  #hasVisiblePeer(): boolean {
    for (const [id, isVisible] of this.#peers)
      if (isVisible && (id !== this.#leader || this.#lead !== null)) return true;
    return false;
  }

  #arm(): void {
    const { env } = this.#deps;
    this.#timer?.cancel();
    this.#timer = null;
    const at = this.#isOver ? null : nextTickAt(this.#seat, env.now());
    if (at === null) return;
    // Those who wait hear the same silence; one after the other, so that who takes the lock first is heard by the next.
    const spreadMs = this.#seat.at === 'leading' ? 0 : env.random() * SPREAD_MS;
    this.#timer = env.after(Math.min(Math.max(at - env.now() + spreadMs, 1), TICK_MS_MAX), () => {
      this.#timer = null;
      this.#dispatch({ t: 'tick' });
    });
  }
}

const TICK_MS_MAX = 60_000;
const SPREAD_MS = 2_000;
const nothing = (): void => undefined;
const KINDS: readonly Transport[] = ['websocket', 'sse', 'poll', 'get'];

function readKind(kind: string): Transport | null {
  return KINDS.find((each) => each === kind) ?? null;
}
