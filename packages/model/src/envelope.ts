import type { Row } from '@statewire/protocol';

/** Fields that every record of every collection carries. Times are epoch milliseconds on the server's clock. */
export interface Envelope extends Row {
  readonly id: string;
  readonly org: string;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the source saw what the record says, or null when nothing was observed yet. */
  readonly observedAt: number | null;
  /** Free words for grouping: `{ team: "search", env: "prod" }`. At most 32, keys and values up to 128 characters. */
  readonly labels: Readonly<Record<string, string>>;
  /** Who wrote the record last: probe, beat, report, sdk, api, user, file, demo, system. */
  readonly source: Source | null;
}

/** Who said something last. */
export interface Source {
  readonly kind: string;
  readonly id: string;
  /** The source's own counter; an older one is recorded but never moves state. */
  readonly seq: number | null;
  readonly [field: string]: string | number | null;
}
