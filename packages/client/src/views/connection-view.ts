import type { Failure } from '@statewire/protocol';
import type { Env } from '../env.ts';
import type { Driver } from '../session/driver.ts';
import type { Measure } from '../inside.ts';
import type { Role, Transport } from '../connect/transport.ts';
import { Listeners } from './listeners.ts';
import { connectionStatus, linkFailure, reasonOf, type ConnectionStatus } from './status.ts';

/** The connection at one moment. Times are epoch ms on the server's clock, like all times people are shown. */
export interface ConnectionState {
  readonly state: ConnectionStatus;
  /** Why it is not live, as a code; null while it is. `reasonText` makes a sentence of it. */
  readonly reason: string | null;
  /** Since when `state` has its value. */
  readonly since: number;
  /** Newest round trip, or null before the first. */
  readonly rttMs: number | null;
  /** From round trips and losses; null while not live. The core measures only `rttMs`. */
  readonly quality: 'good' | 'fair' | 'poor' | null;
  /** Of the last 32 answers and watermarks that were due, how many in a hundred did not come; null before the first. */
  readonly lossPct: number | null;
  /** Age of the newest changes when they arrived, the worst of all views, at the last sign of life; `connection.lagMs` is exact to now. */
  readonly lagMs: number | null;
  /** Views are told less often than they asked for, to spare a slow link. */
  readonly saver: boolean;
  /** What carries it now; null without a connection. */
  readonly transport: Transport | null;
  /** Whose connection it is: of this tab alone, of this tab for all tabs of the browser, or of another tab. */
  readonly role: Role;
  /** When the next attempt is due, or null when none is planned. */
  readonly retryAt: number | null;
  /** Attempts in a row that came to nothing. */
  readonly failures: number;
  readonly error: Failure | null;
  readonly org: string | null;
  /** What the credential may do: read, report, admin. */
  readonly scopes: readonly string[];
  /** Moves with each connection, and when what the credential may do has changed during one: what was asked about it before is old then. */
  readonly revision: number;
}

/** The state of the connection, to watch. */
export class ConnectionView {
  readonly #env: Env;
  readonly #driver: () => Driver;
  readonly #measure: Measure | undefined;
  readonly #listeners: Listeners;
  #state: ConnectionState = UNCONNECTED;

  constructor(deps: { readonly env: Env; readonly driver: () => Driver; readonly measure: Measure | undefined }) {
    this.#measure = deps.measure;
    this.#env = deps.env;
    this.#listeners = new Listeners(deps.env);
    this.#driver = deps.driver;
  }

  readonly get = (): ConnectionState => this.#state;

  readonly getInitial = (): ConnectionState => UNCONNECTED;

  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener);

  get state(): ConnectionStatus {
    return this.#state.state;
  }

  get rttMs(): number | null {
    return this.#state.rttMs;
  }

  get retryAt(): number | null {
    return this.#state.retryAt;
  }

  get since(): number {
    return this.#state.since;
  }

  get quality(): ConnectionState['quality'] {
    return this.#state.quality;
  }

  /** Age of the newest changes when they arrived, the worst of all views; null before any came. */
  get lagMs(): number | null {
    return this.#said().lagMs;
  }

  /** When anything last arrived; exact to now. */
  get lastMessageAt(): number | null {
    const { lastMessageAt, clock } = this.#driver();
    return lastMessageAt === null ? null : lastMessageAt + clock.offsetMs;
  }

  /** Looks at the link again and tells listeners if anything is different. */
  refresh(): void {
    const next = this.#read();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: both are plain objects with exactly these keys.
    const keys = Object.keys(next) as (keyof ConnectionState)[];
    if (keys.every((key) => Object.is(next[key], this.#state[key]))) return;
    this.#state = next;
    this.#listeners.tell();
  }

  #said(rttMs: number | null = null): ReturnType<Measure['said']> {
    return this.#measure?.said(rttMs) ?? UNMEASURED;
  }

  #read(): ConnectionState {
    const driver = this.#driver();
    const { link, welcome, clock, wire } = driver;
    const state = connectionStatus(link, this.#env.isOnline(), welcome !== null);
    const rttMs = link.at === 'live' ? clock.rttMs : null;
    return {
      state,
      reason: reasonOf(link, this.#env.isOnline()),
      since: state === this.#state.state ? this.#state.since : clock.now(),
      rttMs,
      ...this.#said(rttMs),
      transport: wire === null ? null : (wire.kind ?? 'websocket'),
      role: wire?.role ?? 'alone',
      retryAt: link.at === 'waiting' && link.until !== null ? link.until + clock.offsetMs : null,
      failures: 'failures' in link ? link.failures : 0,
      error: linkFailure(link),
      org: welcome?.org ?? null,
      scopes: welcome?.scopes ?? NO_SCOPES,
      revision: driver.revision,
    };
  }
}

const NO_SCOPES: readonly string[] = [];

const UNMEASURED = { quality: null, lossPct: null, lagMs: null, saver: false };

const UNCONNECTED: ConnectionState = {
  state: 'idle',
  reason: 'unasked',
  since: 0,
  rttMs: null,
  ...UNMEASURED,
  transport: null,
  role: 'alone',
  retryAt: null,
  failures: 0,
  error: null,
  org: null,
  scopes: NO_SCOPES,
  revision: 0,
};
