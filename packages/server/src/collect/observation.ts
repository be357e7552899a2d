import type { JsonObject } from '@statewire/protocol';
import type { Desired, Health, McpInfo, Overlay, Service, Status } from '@statewire/model';

/** What a source read about one fact. The engine adds `since`. */
export interface FactReading {
  readonly v: 'ok' | 'warn' | 'fail' | 'unknown' | 'skip';
  readonly code: string;
  readonly text: string;
  readonly ms: number | null;
}

/** One probe of one service: separate facts and what they mean together. */
export interface ProbeObservation {
  readonly kind: 'probe';
  /** Server wall clock at the start and the whole duration. */
  readonly at: number;
  readonly ms: number;
  readonly facts: Readonly<Record<string, FactReading>>;
  readonly verdict: Health;
  readonly reason: { readonly code: string; readonly text: string };
  readonly phase: string;
  /** Confirm at once, without counting (child exited, spawn failed). */
  readonly final: boolean;
  /** Latency of the exchange that speaks for the service, or null when there was none. */
  readonly latencyMs: number | null;
  readonly mcp: McpInfo | null;
  readonly certificate: Service['certificate'];
  /** When the scheduler means to look again. */
  readonly nextAt: number | null;
}

/** A sign of life: a heartbeat URL, an SDK beat, an open socket. Renews the deadline whatever it says. */
export interface BeatObservation {
  readonly kind: 'beat';
  readonly at: number;
  readonly signal: 'ok' | 'fail' | 'start' | 'log';
  readonly periodMs: number;
  readonly graceMs: number;
  readonly ms: number | null;
  readonly text: string;
}

/** A detected loss of presence: the SDK's socket closed. Late now, expired after the grace. */
export interface GoneObservation {
  readonly kind: 'gone';
  readonly at: number;
  readonly graceMs: number;
}

/** A reporter says what it sees of an agent or connection (or pushes a service's health). */
export interface ReportObservation {
  readonly kind: 'report';
  /** Server receive time. */
  readonly at: number;
  /** The source's own time, as data; clamped to [at - 7 d, at + 5 min]. */
  readonly observedAt: number;
  readonly seq: number | null;
  readonly sourceId: string;
  readonly health: Health | null;
  readonly phase: string | null;
  readonly facts: Readonly<Record<string, FactReading>>;
  readonly reason: { readonly code: string; readonly text: string } | null;
  readonly final: boolean;
  readonly latencyMs: number | null;
  /** Lease for freshness, or null to leave it. */
  readonly periodMs: number | null;
  /** Plain fields the reporter's role owns (name, activity, calls, ...), already checked. */
  readonly fields: JsonObject;
}

/** The deadline engine: the record's `dueAt` or `expiresAt` passed. Ignored unless it still is the record's. */
export interface DeadlineObservation {
  readonly kind: 'deadline';
  /** The deadline that fired; the transition is stamped with it. */
  readonly deadline: number;
}

/** A person's act. */
export interface CommandObservation {
  readonly kind: 'command';
  readonly at: number;
  readonly by: string;
  readonly act:
    | { readonly do: 'desire'; readonly desired: Desired }
    | { readonly do: 'override'; readonly status: Status; readonly until: number; readonly reason: string }
    | { readonly do: 'clear-override' }
    /** Nobody is notified; null is without an end. */
    | { readonly do: 'mute'; readonly until: number | null; readonly reason: string }
    | { readonly do: 'unmute' };
}

/** What surrounds a record and is not measured: a maintenance window, an acknowledged alert, a failed dependency. */
export interface OverlayObservation {
  readonly kind: 'overlay';
  readonly at: number;
  /** Who says so, for the change log: `maintenance`, `alerts`, `dependencies`. */
  readonly by: string;
  /** Flapping is the engine's own; a mute is a command, because it has an end. */
  readonly set: Partial<Pick<Overlay, 'maintenance' | 'acked' | 'impactedBy'>>;
}

/** A group was worked out anew from its members. */
export interface MembersObservation {
  readonly kind: 'members';
  /** When the members' statuses came to be what they are. */
  readonly at: number;
  readonly verdict: Health;
  readonly reason: { readonly code: string; readonly text: string };
  readonly facts: Readonly<Record<string, FactReading>>;
}

/** We started: our own gap is unknown, every deadline becomes max(deadline, boot + grace). */
export interface BootObservation {
  readonly kind: 'boot';
  readonly at: number;
}

/** The machine's clock was set by this much; `at` is the new time. */
export interface ClockObservation {
  readonly kind: 'clock';
  readonly at: number;
  readonly deltaMs: number;
}

export type Observation =
  | ProbeObservation
  | BeatObservation
  | GoneObservation
  | ReportObservation
  | DeadlineObservation
  | CommandObservation
  | OverlayObservation
  | MembersObservation
  | ClockObservation
  | BootObservation;
