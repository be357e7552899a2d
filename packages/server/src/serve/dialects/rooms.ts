/**
 * What callers say to each other and not to us: broadcasts and presence of a topic. Nothing of it is a record, nothing outlives
 * the process. A room belongs to one organization; who may enter is asked before.
 */
import type { JsonObject } from '@statewire/protocol';
import type { Limits } from '../../lib/limits.ts';

export interface Broadcast {
  readonly event: string;
  readonly payload: JsonObject | Uint8Array;
}

/** Somebody in a room. */
export interface Member {
  broadcast(message: Broadcast): void;
  presence(diff: PresenceDiff): void;
}

/** What is said of one who is there. */
export interface Meta {
  readonly ref: string;
  readonly key: string;
  readonly fields: JsonObject;
}

export interface PresenceDiff {
  readonly joins: readonly Meta[];
  readonly leaves: readonly Meta[];
}

export class Rooms {
  readonly #limits: Limits;
  readonly #rooms = new Map<string, Room>();
  #lastRef = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** False when there are too many rooms. */
  enter(org: string, topic: string, member: Member): boolean {
    const name = JSON.stringify([org, topic]);
    const known = this.#rooms.get(name);
    if (known === undefined && this.#rooms.size >= this.#limits.dialectRoomsMax) return false;
    const room = known ?? { members: new Set(), present: new Map() };
    this.#rooms.set(name, room);
    room.members.add(member);
    return true;
  }

  leave(org: string, topic: string, member: Member): void {
    const name = JSON.stringify([org, topic]);
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    this.untrack(org, topic, member);
    room.members.delete(member);
    if (room.members.size === 0) this.#rooms.delete(name);
  }

  /** Tells everybody but `except`. */
  send(org: string, topic: string, message: Broadcast, except: Member | null): void {
    for (const member of this.#room(org, topic)?.members ?? []) if (member !== except) member.broadcast(message);
  }

  /** Says that somebody is there, in place of what was said of them; false when too many are. */
  track(org: string, topic: string, member: Member, { key, fields }: Omit<Meta, 'ref'>): boolean {
    const room = this.#room(org, topic);
    if (room === undefined) return false;
    const before = room.present.get(member);
    if (before === undefined && room.present.size >= this.#limits.presencesPerRoomMax) return false;
    this.#lastRef += 1;
    const meta: Meta = { ref: this.#lastRef.toString(36), key, fields };
    room.present.set(member, meta);
    this.#tell(room, { joins: [meta], leaves: before === undefined ? [] : [before] });
    return true;
  }

  untrack(org: string, topic: string, member: Member): void {
    const room = this.#room(org, topic);
    const meta = room?.present.get(member);
    if (room === undefined || meta === undefined) return;
    room.present.delete(member);
    this.#tell(room, { joins: [], leaves: [meta] });
  }

  present(org: string, topic: string): readonly Meta[] {
    return [...(this.#room(org, topic)?.present.values() ?? [])];
  }

  #room(org: string, topic: string): Room | undefined {
    return this.#rooms.get(JSON.stringify([org, topic]));
  }

  #tell({ members }: Room, diff: PresenceDiff): void {
    for (const member of members) member.presence(diff);
  }
}

interface Room {
  readonly members: Set<Member>;
  readonly present: Map<Member, Meta>;
}
