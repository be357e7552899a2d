/** How the whole client is put around the core, without the core knowing of what it is made. */
import type { Row } from '@statewire/protocol';
import type { CollectionSource } from './core-collection.ts';
import type { Env } from './env.ts';
import type { Reporting } from './report/reporting.ts';
import type { Driver } from './session/driver.ts';
import type { Lanes } from './session/quality.ts';
import type { Ask } from './state/ask.ts';
import type { InFlight } from './state/in-flight.ts';
import type { Keep } from './state/keep.ts';
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
  /** Slows views down on slow links. */
  readonly lanes?: Lanes;
  /** The collections, and whatever else the client has. */
  readonly members: (source: CollectionSource, reporting: Reporting) => M;
  /** The client ends. Called before anything is taken down. */
  readonly close?: () => void;
}

/** What lies between rows that were told and rows that are shown. */
export interface Layers {
  /** The rows to show; the very array that was shown before when they are the same. */
  rows(ask: Ask, before: readonly Row[]): readonly Row[];
  /** What is shown. */
  state(facts: Facts, ask: Ask): CollectionState<Row>;
}
