/** The protocol version this code speaks; sent in `hello.p`. */
export const PROTOCOL_VERSION = 1;

/** The oldest version a server of this release still serves. */
export const PROTOCOL_VERSION_OLDEST = 1;

/** The WebSocket subprotocol, and the path it lives at. */
export const SUBPROTOCOL = 'statewire.v1';
/** Path of the live endpoint on a server. */
export const LIVE_PATH = '/live';

/** One change of the wire contract: the frames' types and the filter grammar. */
export interface ContractChange {
  readonly version: number;
  readonly date: string;
  /** SHA-256 of the contract's source without comments and layout, first 16 digits; version.test.ts computes it. */
  readonly hash: string;
  /** `breaking`: a peer of the version before would misread it. `compatible`: it would ignore what is new. */
  readonly change: 'breaking' | 'compatible';
  readonly what: string;
}

/** Every form the contract has had, oldest first. Append only. */
export const CONTRACT_HISTORY: readonly ContractChange[] = [
  { version: 1, date: '2026-11-21', hash: 'd5794c6b976124f1', change: 'breaking', what: 'The first version.' },
  {
    version: 1,
    date: '2026-11-21',
    hash: '0ecbd2af6e43dea4',
    change: 'compatible',
    what: 'Before the first release: no leave reason `deny`, which no server sent to a caller that lives on.',
  },
  {
    version: 1,
    date: '2026-11-21',
    hash: '0f537f518e1cbb40',
    change: 'compatible',
    what: 'Before the first release: `welcome.who` names the principal.',
  },
  {
    version: 1,
    date: '2026-11-29',
    hash: '1d751a94d927b8f7',
    change: 'compatible',
    what: 'Before the first release: windows (`sort`, `limit`, `after`, `before`) and aggregates (`agg`).',
  },
  {
    version: 1,
    date: '2026-11-29',
    hash: 'f932bde779b0cd7f',
    change: 'compatible',
    what: 'Before the first release: a window may begin behind so many records (`skip`).',
  },
  {
    version: 1,
    date: '2026-11-30',
    hash: 'adeae529ff35313a',
    change: 'compatible',
    what: 'Before the first release: a command says why (`mut.why`); the filter `contains`.',
  },
];
