import type { FilterJson, JsonObject } from '@statewire/protocol';
import type { z } from 'zod';
import type { AnyDefinition, RowRule } from './custom/definition.ts';

/** What a credential may do. `admin` includes `report` and `read`; `report` does not include `read`. */
export type Scope = 'admin' | 'read' | 'report';

/**
 * Where an operation stands: who has it without being given it by name. `operate` is the daily work of a team, which the
 * role operator has and no scope but `admin`; `owner` is what only owners may.
 */
export type Level = Scope | 'operate' | 'owner';

/** How a collection's records get their status: derived from observations, run states, or not at all. */
export type CollectionKind = 'plain' | 'run' | 'status';

/** Who may do what with records of a collection. */
export interface Access {
  readonly read: Level;
  readonly write: Level;
  /** For making records, where that asks for another level than changing them. */
  readonly create?: Level | undefined;
  readonly report?: Level | undefined;
  /** For commands, where they ask for another level than changing fields. A command may name its own. */
  readonly command?: Level | undefined;
  /**
   * The field that names whose a record is. Nobody else sees or changes it, whatever their scope: for them there is no
   * such record.
   */
  readonly own?: string | undefined;
  /**
   * The field that names the one credential a record is for: it may read it with the scope `report` alone, and nothing else
   * of the collection. Who may read the collection reads all of it.
   */
  readonly told?: string | undefined;
  /** Which records a caller knows of, for collections that apps define. */
  readonly rows?: RowRule | undefined;
  /** Which of those a caller may write. Default: `rows`. */
  readonly writeRows?: RowRule | undefined;
  readonly adminSeesAll?: boolean | undefined;
  /** The collection's name; `describeCollection` sets it, so that rules about single records can ask for permissions. */
  readonly of?: string | undefined;
  /** What those see who may not write such records. Default: all of them, whole. */
  readonly glimpse?: Glimpse | undefined;
}

/** What a caller who may not write a record sees of it. */
export interface Glimpse {
  /** For everybody else there are no other fields: not to see, to ask for or to sort by. */
  readonly fields: readonly string[];
  /** A filter: which records there are for this reader. */
  rows(reader: Reader): FilterJson;
}

/** Of a reader, what decides over what they see. */
export interface Reader {
  readonly kind: 'key' | 'token' | 'user';
  /** Ids of the customers that a token says its holder belongs to. */
  readonly customers: readonly string[];
}

/** A kind of record: its name on the wire, its schemas, and who may do what. */
export interface Collection {
  /** Plural; the same word on the wire, in REST paths and in code. */
  readonly name: string;
  readonly kind: CollectionKind;
  /** The whole record as callers see it. */
  readonly row: z.ZodType;
  /** Body of `POST /v1/<name>` and fields of a `create`. Unknown fields are refused. */
  readonly create: z.ZodType;
  /** Body of `PATCH /v1/<name>/<id>` and fields of a `patch`. Unknown fields are refused. */
  readonly patch: z.ZodType;
  /** Fields of `POST /v1/reports`, or null when nobody reports such records. */
  readonly report: z.ZodType | null;
  /** Every field of a record, so that filters and `fields` can be checked. */
  readonly fields: readonly string[];
  /** The level at which each operation stands. */
  readonly access: Access;
  /** Values of fields that records of an earlier release lack; null where nothing is said here. */
  readonly defaults?: JsonObject | undefined;
  /** Fields a role may set. Everything else is derived by the server. */
  readonly owns: { readonly api: readonly string[]; readonly report: readonly string[] };
  /** The definition of a collection that an app defined. */
  readonly custom?: AnyDefinition | undefined;
}

/**
 * Describes a collection. Checks at load what would otherwise surface as a strange record much later: a role
 * can only own fields that exist.
 */
export function describeCollection(collection: Collection): Collection {
  const fields = new Set(collection.fields);
  for (const field of ['id', 'org', 'version', 'createdAt', 'updatedAt', 'labels', 'source']) {
    if (!fields.has(field))
      throw new Error(`collection ${collection.name}: field ${field} is missing; every record carries it`);
  }
  for (const field of [...collection.owns.api, ...collection.owns.report]) {
    if (!fields.has(field))
      throw new Error(`collection ${collection.name}: owned field ${field} is not a field of its records`);
  }
  const { own, told } = collection.access;
  for (const field of [own, told]) {
    if (field !== undefined && !fields.has(field)) {
      throw new Error(
        `collection ${collection.name}: ${field}, which names whose a record is, is not a field of its records`,
      );
    }
  }
  const stranger = collection.access.glimpse?.fields.find((field) => !fields.has(field));
  if (stranger !== undefined) {
    throw new Error(
      `collection ${collection.name}: ${stranger}, which readers are shown, is not a field of its records`,
    );
  }
  if (!/^[a-z][a-z-]{0,63}$/.test(collection.name)) {
    throw new Error(`collection name "${collection.name}": expected lower-case letters, so that it fits a path`);
  }
  return Object.freeze({ ...collection, access: Object.freeze({ ...collection.access, of: collection.name }) });
}
