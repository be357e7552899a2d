import type { RuleCondition, StatusRow } from '@statewire/model';
import type { JsonObject, Row } from '@statewire/protocol';

/** What a rule says of one record now. */
export interface Finding {
  /** `unknown`: it cannot be said. That neither opens an alert nor ends one. */
  readonly is: 'true' | 'false' | 'unknown';
  /** Since when, or null: since now. */
  readonly since: number | null;
  /** One sentence for people. */
  readonly text: string;
  /** What was measured and what it was compared with. */
  readonly evidence: JsonObject;
}

/** One raw observation, as stored. */
export interface Sample {
  readonly at: number;
  readonly ms: number | null;
  /** `u` healthy, `g` degraded, `d` unhealthy, `x` unknown. */
  readonly v: string;
}

/** One value of a metric. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** What is known of a record beside the record itself. A family reads only its own part. */
export interface Measured {
  /** Oldest first. */
  readonly samples: readonly Sample[];
  readonly points: readonly Point[];
  /** Times at which a session was opened again. */
  readonly reconnects: readonly number[];
}

export const NOTHING_MEASURED: Measured = { samples: [], points: [], reconnects: [] };

/** A record that rules look at. */
export interface Asked<T extends Row = Row> {
  readonly collection: string;
  readonly row: T;
  readonly measured: Measured;
  readonly now: number;
  /** An open alert makes the way out harder than the way in, so that it does not flicker. */
  readonly isOpen: boolean;
}

/** The condition of one kind. */
export type ConditionOf<K extends RuleCondition['kind']> = Extract<RuleCondition, { readonly kind: K }>;

export function holds(text: string, evidence: JsonObject, since: number | null = null): Finding {
  return { is: 'true', since, text, evidence };
}

export function fails(text: string, evidence: JsonObject = {}, since: number | null = null): Finding {
  return { is: 'false', since, text, evidence };
}

export function cannotSay(text: string, evidence: JsonObject = {}): Finding {
  return { is: 'unknown', since: null, text, evidence };
}

/** Rows of services, agents and connections. */
export function statusRow(row: Row): StatusRow {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a rule's selector lets only collections through that its condition is about.
  return row as StatusRow;
}
