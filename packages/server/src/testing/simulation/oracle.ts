import { matches, type Filter, type JsonObject, type Row } from '@statewire/protocol';
import type { Committed } from '../../keep/commit-types.ts';

/**
 * What was true at each version, remembered apart from the server: every row every record ever had. Slow and plain on
 * purpose, so that it cannot be wrong in the same way as a view.
 */
export class Oracle {
  readonly #orgs = new Map<string, { version: number; records: Map<string, Moment[]> }>();

  apply(committed: Committed): void {
    const org = this.#org(committed.org);
    if (committed.version <= org.version) throw new Error(`version ${committed.version} came after ${org.version}`);
    org.version = committed.version;
    for (const { collection, id, after } of committed.changes) {
      const key = `${collection}/${id}`;
      const moments = org.records.get(key) ?? [];
      org.records.set(key, moments);
      moments.push({ version: committed.version, row: after });
    }
  }

  version(org: string): number {
    return this.#org(org).version;
  }

  /** The rows of a filtered view at a version, by id. */
  view(
    want: { org: string; collection: string; filter: Filter; fields: readonly string[] | null },
    v: number,
  ): Map<string, Row> {
    const found = new Map<string, Row>();
    for (const [key, moments] of this.#org(want.org).records) {
      if (!key.startsWith(`${want.collection}/`)) continue;
      let row: Row | null = null;
      for (const moment of moments) if (moment.version <= v) row = moment.row;
      if (row !== null && matches(want.filter, row))
        found.set(row.id, want.fields === null ? row : shown(row, want.fields));
    }
    return found;
  }

  /** Goes back to what was true at these versions: a backup was restored. */
  rewind(versions: ReadonlyMap<string, number>): void {
    for (const [name, org] of this.#orgs) {
      org.version = versions.get(name) ?? 0;
      for (const [key, moments] of org.records) {
        org.records.set(
          key,
          moments.filter((moment) => moment.version <= org.version),
        );
      }
    }
  }

  #org(name: string): { version: number; records: Map<string, Moment[]> } {
    const org = this.#orgs.get(name) ?? { version: 0, records: new Map<string, Moment[]>() };
    this.#orgs.set(name, org);
    return org;
  }
}

interface Moment {
  readonly version: number;
  readonly row: Row | null;
}

function shown(row: Row, fields: readonly string[]): Row {
  const part: JsonObject = Object.fromEntries(fields.map((field) => [field, row[field] ?? null]));
  return { ...part, id: row.id, org: row.org, version: row.version };
}
