import { decodeDownstream, type Downstream } from '@statewire/protocol';

/** One message, as a person reads it. */
export interface TapeLine {
  readonly n: number;
  readonly at: number;
  readonly direction: 'down' | 'up';
  readonly kind: string;
  readonly text: string;
  readonly bytes: number;
}

/** What a reader heard since it was opened. */
export interface TapeState {
  readonly lines: readonly TapeLine[];
  readonly messages: number;
  readonly bytes: number;
  /** Record changes that came in data frames. */
  readonly changes: number;
  /** How the newest subscription began, and what it brought. */
  readonly resumed: {
    readonly how: 'delta' | 'reconcile' | 'snapshot';
    readonly from: number | null;
    readonly to: number;
    readonly changes: number;
  } | null;
  /** How often the connection began. */
  readonly connections: number;
}

const LINES_MAX = 12;
const EMPTY: TapeState = { lines: [], messages: 0, bytes: 0, changes: 0, resumed: null, connections: 0 };

/** Listens to a wire and keeps what is worth telling of it. */
export class Tape {
  #state = EMPTY;
  #n = 0;
  #position: number | null = null;
  /** The version that the frames behind `subd` lead to: up to there they are what was missed. */
  #until: number | null = null;
  readonly #listeners = new Set<() => void>();

  readonly get = (): TapeState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  take(text: string, direction: 'down' | 'up', at: number): void {
    const decoded = direction === 'down' ? decodeDownstream(text) : null;
    const frame = decoded?.ok === true ? decoded.value : null;
    const was = this.#state;
    const kind = frame?.t ?? /^\{"t":"(\w+)"/u.exec(text)?.[1] ?? '?';
    this.#n += 1;
    const line = { n: this.#n, at, direction, kind, text: frame === null ? '' : wordsOf(frame), bytes: text.length };
    this.#state = {
      ...was,
      lines: [line, ...was.lines].slice(0, LINES_MAX),
      messages: was.messages + 1,
      bytes: was.bytes + text.length,
    };
    if (frame !== null) this.#count(frame);
    for (const listener of this.#listeners) listener();
  }

  #count(frame: Downstream): void {
    const was = this.#state;
    if (frame.t === 'welcome') this.#state = { ...was, connections: was.connections + 1 };
    if (frame.t === 'subd') {
      this.#state = { ...was, resumed: { how: frame.how, from: this.#position, to: frame.v, changes: 0 } };
      this.#until = frame.v;
    }
    if (frame.t !== 'd' && frame.t !== 's') return;
    const [changes, to] = frame.t === 'd' ? [frame.o.length, frame.v[1]] : [frame.r.length, frame.v];
    const { resumed } = was;
    const isMissed = resumed !== null && this.#until !== null && to <= this.#until;
    if (!isMissed) this.#until = null;
    this.#position = to;
    this.#state = {
      ...was,
      changes: was.changes + changes,
      resumed: isMissed ? { ...resumed, changes: resumed.changes + changes } : resumed,
    };
  }
}

function wordsOf(frame: Downstream): string {
  switch (frame.t) {
    case 'welcome':
      return `connection ${frame.sid}`;
    case 'subd':
      return `the view begins by ${frame.how}, at version ${frame.v}`;
    case 's':
      return `${frame.r.length} whole records`;
    case 'd':
      return `version ${frame.v[0]} to ${frame.v[1]}: ${frame.o.length} changed`;
    case 'h':
      return `nothing new up to version ${frame.v}`;
    case 'err':
      return frame.code;
    default:
      return '';
  }
}
