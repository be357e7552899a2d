/** How the whole client is put around the core, without the core knowing of what it is made. */
import type { Row } from '@statewire/protocol';
import type { CollectionSource } from './core-collection.ts';
import type { Env } from './env.ts';
import type { Driver } from './session/driver.ts';
import type { Ask, Pace } from './state/ask.ts';
import type { InFlight } from './state/in-flight.ts';
import type { Keep } from './state/keep.ts';
import type { ConnectionState } from './views/connection-view.ts';
import type { CollectionState, Facts } from './views/shown.ts';
import type { Views } from './views/views.ts';

/** The insides of a client. They are there as soon as it is made, and not while it is being made. */
export interface Inside {
  readonly env: Env;
  /** The name under which this client gives commands. */
  readonly tab: string;
  readonly driver: () => Driver;
  readonly views: () => Views;
}

/** What stands around a core. */
export interface Around<M> {
  /** Where commands wait. */
  readonly inFlight?: InFlight;
  /** What lies between what was told and what is shown. */
  readonly layers?: Layers;
  /** Where rows outlive the page. */
  readonly keep?: Keep | null;
  /** Gives a view what an earlier page left of it. */
  readonly recall?: Recall | undefined;
  /** How often views are told. */
  readonly pace?: Pace;
  /** What is measured of the connection. */
  readonly measure?: Measure;
  /** The collections, and whatever else the client has. */
  readonly members: (source: CollectionSource) => M;
  /** A connection has become live: what belongs to connections is to be said again. */
  readonly onLive?: () => void;
  /** The client ends. Called before anything is taken down. */
  readonly close?: () => void;
}

/**
 * Fills a view that is about to be asked for, and then calls `open` once, with the time as of which it is true, or null when
 * nothing was left of it.
 */
export type Recall = (ask: Ask, open: (asOf: number | null) => void) => void;

/** Counts what tells a good connection from a bad one. */
export interface Measure {
  /** Something had to come, and did or did not. */
  awaited(came: boolean): void;
  /** The link may be another one now. Called before anybody is told. */
  look(): void;
  /** What was true at `at`, by the server's clock, has just been told of a view. */
  readonly aged: (ask: Ask, at: number) => void;
  /** How old the newest change of a view was when it came, or the last watermark; null while nothing came on this connection. */
  lagMs(ask: Ask): number | null;
  /** What there is to say of it. */
  said(rttMs: number | null): Pick<ConnectionState, 'quality' | 'lossPct' | 'lagMs' | 'saver'>;
}

/** What lies between rows that were told and rows that are shown. */
export interface Layers {
  /** The rows to show; the very array that was shown before when they are the same. */
  rows(ask: Ask, before: readonly Row[]): readonly Row[];
  /** What is shown. */
  state(facts: Facts, ask: Ask): CollectionState<Row>;
}
