import { type Answer, request } from './request.ts';

/** A kind of database that can be looked at. */
export type DatabaseKind = 'mysql' | 'postgres';

export type ColumnType = 'boolean' | 'json' | 'number' | 'text' | 'time';

/** How a column can be read. */
export const COLUMN_TYPES: readonly ColumnType[] = ['text', 'number', 'boolean', 'time', 'json'];

/** What keeps something from going on, with what to do. */
export interface Trouble {
  readonly code: string;
  readonly text: string;
}

/** A table as the database has it, and what it may become. */
export interface FoundTable {
  readonly table: string;
  readonly rows: number | null;
  readonly mayRead: boolean;
  readonly key: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: string; readonly as: ColumnType }[];
  readonly pack: string | null;
  readonly collection: string;
  readonly cursor: string | null;
}

/** What a look at a database found. */
export interface Inspected {
  readonly version: string;
  readonly database: string;
  readonly user: string;
  readonly conditions: readonly { readonly is: boolean; readonly text: string; readonly sql: string | null }[];
  readonly mode: 'poll' | 'stream';
  readonly tables: readonly FoundTable[];
  readonly isCut: boolean;
}

/** A capture as somebody would have it, held against the database. */
export interface Drafted {
  readonly yaml: string;
  readonly variable: string;
  readonly sql: readonly string[];
  readonly previews: readonly {
    readonly table: string;
    readonly collection: string;
    readonly missing: readonly string[];
    readonly rows: readonly { readonly id: string; readonly fields: Readonly<Record<string, unknown>> }[];
    readonly left: number;
    readonly refusals: readonly string[];
  }[];
  readonly trouble: Trouble | null;
}

/** A table as the configuration names it. */
export interface TableEntry {
  readonly table: string;
  readonly pack?: string;
  readonly collection?: string;
  readonly key?: string | readonly string[];
  readonly columns?: Readonly<Record<string, ColumnType>>;
  readonly cursor?: string;
}

interface Place {
  readonly kind: DatabaseKind;
  readonly url: string;
}

export function inspect(
  place: Place,
): Promise<Answer<{ readonly trouble: Trouble } | ({ readonly trouble: null } & Inspected)>> {
  return request('/v1/captures/inspect', { method: 'POST', body: place });
}

export function draft(
  place: Place,
  entry: { readonly id: string; readonly mode?: 'poll' | 'stream'; readonly tables: readonly TableEntry[] },
): Promise<Answer<Drafted>> {
  return request('/v1/captures/draft', { method: 'POST', body: { ...place, ...entry } });
}
