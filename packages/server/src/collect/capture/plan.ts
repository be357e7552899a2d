/**
 * What an operator says of a capture: which database, which tables, and what their rows are to us. Data alone; read once when the
 * configuration is, so that whatever comes later needs no checks of it.
 */
import { isCollectionName, type RowRule } from '@statewire/model';
import { isJsonObject, type Json } from '@statewire/protocol';
import { z } from 'zod';
import { PACKS, type Pack } from './packs.ts';
import { COLUMN_TYPES, type ColumnType } from './value.ts';

/** Where the URL is: here, in a variable, or in a file. It holds a password. */
export type Secret = string | { readonly env: string } | { readonly file: string };

type Scalar = string | number | boolean | null;

/** Where the value of a field comes from. */
export interface FieldPlan {
  readonly column: string;
  readonly type: ColumnType;
  /** Inside a JSON column. */
  readonly path: readonly string[];
  /** What their words are in ours. A word that is not here stays as it is, or becomes `otherwise`. */
  readonly words: Readonly<Record<string, Scalar>> | null;
  readonly otherwise: Scalar | undefined;
}

/** One table and what its rows are. */
export interface TablePlan {
  /** With its schema: `public.orders`. */
  readonly table: string;
  readonly collection: string;
  /** The columns that make the record's id. */
  readonly key: readonly string[];
  readonly fields: Readonly<Record<string, FieldPlan>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Rows of which a column has none of these values are no records. */
  readonly only: Readonly<Record<string, readonly (string | null)[]>>;
  /** Whose words `status` speaks, where the records have a status. */
  readonly mapping: string | null;
  /** Where the records have a status: the time of the last sign of life behind it, and for how long that is believed. */
  readonly heartbeat: { readonly column: string; readonly forMs: number } | null;
  /** Polling: the column that grows with each change of a row; null: every row is read each time. */
  readonly cursor: string | null;
  /** Which of the records a caller knows of, by claims of its token, as in a definition's `access.rows`; null: all of them. */
  readonly sees: RowRule | null;
}

/** One database that is followed by its log, or asked. */
export interface CapturePlan {
  readonly kind: 'postgres';
  readonly id: string;
  readonly org: string;
  readonly url: string;
  readonly mode: 'poll' | 'stream';
  /** Of the slot and of the publication in the database. */
  readonly slot: string;
  readonly publication: string;
  readonly pollMs: number;
  /** Polling: how often all rows are compared, so that deleted ones are found. */
  readonly reconcileMs: number;
  readonly tables: readonly TablePlan[];
}

/** An entry of `capture`, as the file has it, with its packs unfolded. */
export interface CaptureEntry extends Omit<CapturePlan, 'url'> {
  readonly url: Secret;
}

export const name: z.ZodType<string> = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[^\p{Cc}".]+$/u, 'a name as the database has it, without quotes and dots');
const table = z
  .string()
  .regex(/^(?:[^\p{Cc}".]{1,63}\.)?[^\p{Cc}".]{1,63}$/u, 'a table such as orders or shop.orders, without quotes')
  .transform((text) => (text.includes('.') ? text : `public.${text}`));
const field = z.string().regex(/^[a-z][A-Za-z0-9_]{0,63}$/u, 'a field: letters, digits and _, a small letter first');
const scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]);
const type = z.enum(COLUMN_TYPES);

interface GivenField {
  readonly column: string;
  readonly type?: ColumnType | undefined;
  readonly path?: readonly string[] | undefined;
  readonly words?: FieldPlan['words'] | undefined;
  readonly otherwise?: Scalar | undefined;
}

const fieldPlan: z.ZodType<FieldPlan> = z
  .union([
    name.transform((column) => ({ column })),
    z.strictObject({
      column: name,
      type: type.optional(),
      path: z.array(z.string().min(1).max(128)).max(8).optional(),
      words: z.record(z.string().max(128), scalar).optional(),
      otherwise: scalar.optional(),
    }),
  ])
  .transform((given: GivenField): FieldPlan => ({
    column: given.column,
    type: given.type ?? (given.path === undefined ? 'text' : 'json'),
    path: given.path ?? [],
    words: given.words ?? null,
    otherwise: given.otherwise,
  }));

export const tableSchema: z.ZodType<TablePlan> = z
  .strictObject({
    table,
    pack: z.enum(Object.keys(PACKS), `one of ${Object.keys(PACKS).join(', ')}`).optional(),
    collection: z
      .string()
      .regex(/^[a-z][a-z-]{0,63}$/u, 'a collection: small letters and dashes')
      .optional(),
    key: z.union([name.transform((one) => [one]), z.array(name).min(1).max(8)]).optional(),
    columns: z.record(field, type).optional(),
    fields: z.record(field, fieldPlan).optional(),
    labels: z.record(z.string().min(1).max(128), name).optional(),
    only: z.record(name, z.array(scalar).min(1).max(64)).optional(),
    mapping: z.string().min(1).max(64).optional(),
    heartbeat: z.strictObject({ column: name, forMs: z.int().min(1_000).max(86_400_000) }).optional(),
    cursor: name.optional(),
    sees: z.array(z.json()).min(1).max(64).transform(ruleOf).optional(),
  })
  .transform((given): TablePlan => {
    const pack: Pack | undefined = given.pack === undefined ? undefined : PACKS[given.pack];
    const collection = given.collection ?? pack?.collection ?? '';
    const fields = {
      ...Object.fromEntries(Object.entries(pack?.fields ?? {}).map(([each, from]) => [each, fieldPlan.parse(from)])),
      ...Object.fromEntries(
        Object.entries(given.columns ?? {}).map(([column, as]) => [column, fieldPlan.parse({ column, type: as })]),
      ),
      ...given.fields,
    };
    const only = Object.entries(given.only ?? {}).map(([column, values]): [string, (string | null)[]] => [
      column,
      values.map((value) => (value === null ? null : typeof value === 'boolean' ? (value ? 't' : 'f') : String(value))),
    ]);
    return {
      table: given.table,
      collection,
      key: given.key ?? pack?.key ?? ['id'],
      fields,
      labels: given.labels ?? pack?.labels ?? {},
      only: Object.fromEntries(only),
      mapping: given.mapping ?? pack?.mapping ?? null,
      heartbeat: given.heartbeat ?? pack?.heartbeat ?? null,
      cursor: given.cursor ?? pack?.cursor ?? null,
      sees: given.sees ?? null,
    };
  })
  .superRefine(({ collection, fields, heartbeat, sees }, context) => {
    const flaw =
      flawOf(collection, fields) ??
      flawOfSight(collection, sees) ??
      (heartbeat === null || HAS_STATUS.has(collection) ? null : NO_STATUS);
    if (flaw !== null) context.addIssue({ code: 'custom', message: flaw });
  });

/** Collections of ours whose records are made by what sources report of them. */
export const REPORTED: ReadonlySet<string> = new Set(['agents', 'connections', 'executions', 'jobs', 'services']);

const HAS_STATUS: ReadonlySet<string> = new Set(['agents', 'connections', 'services']);
const NO_STATUS = `heartbeat only where the records are ${[...HAS_STATUS].join(', ')}`;

function flawOf(collection: string, fields: TablePlan['fields']): string | null {
  if (collection === '') return 'a collection: which records the rows become, or a pack';
  if (isCollectionName(collection) && !REPORTED.has(collection)) {
    return `a collection of your own, or one of ${[...REPORTED].join(', ')}; ${collection} are written by the server`;
  }
  return Object.keys(fields).length === 0 ? 'columns, fields or a pack: nothing of the rows would be taken' : null;
}

function flawOfSight(collection: string, sees: RowRule | null): string | null {
  if (sees === null || !REPORTED.has(collection)) return null;
  return `sees: it is for collections of your own; who may read ${collection} is a matter of roles and keys`;
}

/** `{claim: team}` and `{caller: id}`, as an operator writes them, stand for values of whoever calls. */
function ruleOf(rule: readonly Json[]): RowRule {
  return rule.map((part) => {
    if (Array.isArray(part)) return [...ruleOf(part)];
    if (!isJsonObject(part)) return part;
    const { claim, caller, ...more } = part;
    if (Object.keys(more).length > 0) return part;
    return claim === undefined ? { $caller: caller ?? null } : { $claim: claim };
  });
}

export const secret: z.ZodType<Secret> = z.union(
  [
    z.string().min(1).max(4_096),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/u) }),
    z.strictObject({ file: z.string().min(1).max(4_096) }),
  ],
  'a text, {env: NAME} or {file: PATH}',
);

const slotName = z.string().regex(/^[a-z0-9_]{1,63}$/u, '1 to 63 of a-z 0-9 _');

export const captureId: z.ZodType<string> = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/u, '1 to 32 of a-z 0-9 -');
export const orgId: z.ZodType<string> = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, '1 to 63 of a-z 0-9 _ -');
export const pollMs: z.ZodType<number> = z.int().min(250).max(3_600_000);
export const reconcileMs: z.ZodType<number> = z.int().min(1_000).max(86_400_000);
export const tablesSchema: z.ZodType<readonly TablePlan[]> = z
  .array(tableSchema)
  .min(1)
  .max(128)
  .refine((all) => new Set(all.map((each) => each.table)).size === all.length, 'each table once');

/** An entry of `capture` that is a PostgreSQL; it is one when it says no kind. */
export const postgresSchema: z.ZodType<CaptureEntry> = z
  .strictObject({
    kind: z.literal('postgres').default('postgres'),
    id: captureId.default('main'),
    org: orgId.default('main'),
    url: secret,
    mode: z.enum(['stream', 'poll']).default('stream'),
    slot: slotName.optional(),
    publication: slotName.optional(),
    pollMs: pollMs.default(2_000),
    reconcileMs: reconcileMs.default(300_000),
    tables: tablesSchema,
  })
  .transform(({ slot, publication, ...plan }): CaptureEntry => {
    const made = `statewire_${plan.id.replaceAll('-', '_')}`;
    return { ...plan, slot: slot ?? made, publication: publication ?? made };
  });

/** Is this a URL of a database that we can open? */
export function isDatabaseUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^postgres(?:ql)?:$/u.test(url.protocol) || url.hostname === '') return false;
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.has(mode)) return false;
  return [url.username, url.password, url.pathname].every(isEncoded);
}

/** What `sslmode` may say, in the words of the database's own programs. */
export const SSL_MODES: ReadonlySet<string> = new Set([
  'disable',
  'no-verify',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
]);

/** A percent sign that stands for itself is written `%25`. */
function isEncoded(text: string): boolean {
  try {
    return !decodeURIComponent(text).includes('\0');
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
