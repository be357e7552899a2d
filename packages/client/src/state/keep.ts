/**
 * What outlives a page: the rows of views and the commands that wait. The core knows this interface only; ../offline/ has the
 * one over the browser's storage. Whatever goes wrong there shows up here as nothing kept, never as an error.
 */
import type { JsonObject, Rid } from '@statewire/protocol';
import type { CommandLog, Refusal } from './commands.ts';
import type { Given } from './given.ts';
import type { Position, Told } from './told.ts';

/** A view as it was last told. */
export interface KeptView {
  readonly org: string;
  readonly position: Position;
  /** When it was last known to be true, epoch ms on the server's clock. */
  readonly asOf: number;
  readonly rows: readonly (readonly [rid: Rid, id: string, version: number, fields: JsonObject])[];
}

/** A view that is open, for whoever writes it down. */
export interface OpenTold {
  readonly key: string;
  readonly told: Told;
  readonly asOf: number | null;
  /** The server refused it: nothing of it may stay. */
  readonly isDenied: boolean;
}

/** The client, as far as the keeper needs it. */
export interface KeepHost {
  /** The name under which this client gives commands. */
  readonly tab: string;
  /** The views that are open now. */
  views(): Iterable<OpenTold>;
  /** Now, on the server's clock. */
  now(): number;
  /** What to add to this machine's time for the server's, as it was when it was last known. */
  offsetMs(): number;
  assumeOffset(ms: number): void;
  /** Commands that wait now. */
  waiting(): Iterable<Given>;
  /** Commands of an earlier page, and refusals that nobody has seen. They are the caller's own. */
  restore(left: readonly Given[], refused: readonly Refusal[]): void;
}

/** Whom the server says it speaks to. */
export interface Caller {
  readonly who: string;
  readonly org: string;
}

export interface Keep extends CommandLog {
  /** Whom the rows that were handed out belong to, or null when none were. */
  readonly who: string | null;
  /** Called once, before anything else. */
  attach(host: KeepHost): void;
  /** A credential is about to be used; undefined for the cookie, and for one that could not be had. */
  callsAs(token: string | undefined): void;
  /** Hands over what is kept of a view, or null: once, and never within the call. */
  load(key: string, use: (kept: KeptView | null) => void): void;
  /** Ends when nothing is being looked for any more; null when nothing is. */
  looking(): Promise<void> | null;
  /** The server has said who is calling. */
  welcomed(caller: Caller): void;
  /** The server refused the credential: no row of this caller stays. */
  denied(): void;
  /** Lets go of everything of the present caller, commands too; ends when nothing is left. */
  wipe(): Promise<void>;
  close(): void;
}
