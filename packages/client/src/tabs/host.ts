/**
 * Leads a group from a shared worker, so that no tab has to: what tabs say to each other is the same, and whoever is there when
 * the worker is not leads as ever. It takes part in the election by waiting for the lock like a tab that is always visible, and
 * ends a while after its last line.
 */
import type { Dial, Transport } from '../connect/transport.ts';
import type { Channel, Env, Lock, Timer } from '../env.ts';
import { BEAT_MS } from './election.ts';
import { Lead } from './lead.ts';
import { inboxOf, type Meeting } from './meeting.ts';
import { readGossip, readNote, type Gossip, type Note } from './message.ts';

/** How long a worker leads a group in which nobody has a line, ms. */
export const IDLE_MS = 10_000;

export interface HostDeps extends Meeting {
  readonly env: Env;
  readonly dial: Dial;
  readonly url: string;
  readonly group: string;
  readonly who: string | null;
  readonly id: string;
  /** It leads no more, and holds nothing. */
  readonly ended: () => void;
}

export class Host {
  readonly #deps: HostDeps;
  #gossip: Channel | null = null;
  #inbox: Channel | null = null;
  #lock: Lock | null = null;
  #lead: Lead | null = null;
  #timer: Timer | null = null;
  #idleAt: number | null = null;
  #kind: Transport | null = null;
  #isOver = false;

  constructor(deps: HostDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { channel, group, id } = this.#deps;
    this.#gossip = channel(group, (raw) => this.#hearGossip(raw));
    this.#inbox = channel(inboxOf(group, id), (raw) => this.#hearNote(raw));
    this.#ask();
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#resign();
    this.#say({ k: 'gone', id: this.#deps.id });
    this.#lock?.release();
    this.#gossip?.close();
    this.#inbox?.close();
    this.#deps.ended();
  }

  #ask(): void {
    const { lock, group } = this.#deps;
    const wish: Lock = lock(
      group,
      { steal: false },
      {
        held: () => {
          if (this.#lock === wish && !this.#isOver) this.#begin();
        },
        lost: () => {
          // Taken by force: a tab found us silent. Or there are none to be had, and nobody was led yet.
          if (this.#lock !== wish || this.#isOver) return;
          if (this.#lead === null) {
            this.close();
            return;
          }
          this.#resign();
          this.#say({ k: 'free', id: this.#deps.id });
          this.#ask();
        },
      },
    );
    this.#lock = wish;
  }

  #begin(): void {
    this.#lead = this.#newLead();
    this.#idleAt = this.#deps.env.now() + IDLE_MS;
    this.#beat();
  }

  #newLead(): Lead {
    const { dial, ...deps } = this.#deps;
    return new Lead({
      ...deps,
      dial: (url, events) => {
        const wire = dial(url, { ...events, changed: () => this.#carriedBy(wire.kind) });
        this.#kind = wire.kind ?? 'websocket';
        return wire;
      },
      own: { text: () => false, cut: () => false },
      departed: (id) => this.#say({ k: 'gone', id }),
      post: (to, note) => this.#post(to, note),
    });
  }

  #carriedBy(kind: Transport | null = 'websocket'): void {
    this.#kind = kind;
    this.#sayBeat();
  }

  #resign(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#lead?.end();
    this.#lead = null;
  }

  #beat(): void {
    const { env } = this.#deps;
    const lead = this.#lead;
    if (lead === null) return;
    if (lead.hub.size > 0) this.#idleAt = null;
    else this.#idleAt ??= env.now() + IDLE_MS;
    if (this.#idleAt !== null && env.now() >= this.#idleAt) {
      this.close();
      return;
    }
    lead.hub.tick();
    this.#sayBeat();
    this.#timer?.cancel();
    this.#timer = env.after(BEAT_MS, () => this.#beat());
  }

  #sayBeat(): void {
    this.#say({ k: 'beat', id: this.#deps.id, kind: this.#kind ?? '' });
  }

  #hearGossip(raw: unknown): void {
    const said = readGossip(raw);
    // Whoever comes has not heard yet who leads.
    if (said?.k !== 'here' || this.#lead === null) return;
    this.#lead.watch(said.id);
    this.#sayBeat();
  }

  #hearNote(raw: unknown): void {
    const note = readNote(raw);
    if (note === null || this.#lead === null) return;
    // The connection of before is over, and with it every line of it; whoever comes now begins another one.
    if (note.k === 'open' && this.#lead.hub.isOver) {
      this.#lead.end();
      this.#lead = this.#newLead();
    }
    this.#lead.hear(note);
  }

  #say(said: Gossip): void {
    if (this.#gossip !== null) this.#post(this.#gossip, said);
  }

  #post(to: Channel, message: Gossip | Note): void {
    try {
      to.post(message);
    } catch (error) {
      if (!this.#isOver) this.#deps.env.reportError(error);
    }
  }
}
