/**
 * Every kind of capture, as an operator says it: a PostgreSQL (plan.ts), a MySQL that is asked, rows that are sent to us, and a
 * JSON document that is fetched. All of them have tables, and a table is the same to each.
 */
import { ok, refuse, type Result } from '@statewire/protocol';
import { z } from 'zod';
import {
  captureId,
  isDatabaseUrl,
  orgId,
  pollMs,
  postgresSchema,
  reconcileMs,
  secret,
  tablesSchema,
  type CaptureEntry,
  type CapturePlan,
  type Secret,
  type TablePlan,
} from './plan.ts';

interface Base {
  readonly id: string;
  readonly org: string;
  readonly tables: readonly TablePlan[];
}

/** A MySQL or MariaDB, asked again and again. */
export interface MysqlPlan extends Base {
  readonly kind: 'mysql';
  readonly mode: 'poll';
  readonly url: string;
  /** What the clocks of its DATETIME columns show: `UTC`, or the name of a zone. */
  readonly timeZone: string;
  readonly pollMs: number;
  readonly reconcileMs: number;
}

/** Rows that others send us. */
export interface WebhookPlan extends Base {
  readonly kind: 'webhook';
  readonly mode: 'push';
  /** What they sign with; null: they have a key. */
  readonly secret: string | null;
}

/** A JSON document with all rows of one table. */
export interface JsonPlan extends Base {
  readonly kind: 'json';
  readonly mode: 'poll';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where in the document the rows are. */
  readonly rows: readonly string[];
  readonly pollMs: number;
}

/** What one capture is to do. */
export type AnyPlan = CapturePlan | JsonPlan | MysqlPlan | WebhookPlan;

/** An entry of `capture`, as the file has it: its secrets may be elsewhere. */
export type AnyEntry =
  | CaptureEntry
  | (Omit<JsonPlan, 'headers' | 'url'> & { readonly url: Secret; readonly headers: Readonly<Record<string, Secret>> })
  | (Omit<MysqlPlan, 'url'> & { readonly url: Secret })
  | (Omit<WebhookPlan, 'secret'> & { readonly secret?: Secret | undefined });

const base = { id: captureId.default('main'), org: orgId.default('main'), tables: tablesSchema };

const mysqlSchema = z
  .strictObject({
    ...base,
    kind: z.literal('mysql'),
    url: secret,
    timeZone: z.string().min(1).max(64).refine(isZone, 'UTC, or a zone such as Europe/Berlin').default('UTC'),
    pollMs: pollMs.default(2_000),
    reconcileMs: reconcileMs.default(300_000),
  })
  .transform((plan) => ({ ...plan, mode: 'poll' as const, tables: plan.tables.map(ofMysql) }));

const webhookSchema = z
  .strictObject({ ...base, kind: z.literal('webhook'), secret: secret.optional() })
  .transform((plan) => ({ ...plan, mode: 'push' as const }));

const path = z
  .string()
  .max(256)
  .regex(/^\$?(?:\.?[^\s.$[\]'"]{1,64})*$/u, 'a path such as data.items, or $ for the whole document')
  .transform((text): readonly string[] => text.split('.').filter((step) => step !== '' && step !== '$'));

const jsonSchema = z
  .strictObject({
    ...base,
    kind: z.literal('json'),
    url: secret,
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/u, 'the name of a header'), secret).default({}),
    rows: path.default([]),
    pollMs: z.int().min(1_000).max(86_400_000).default(30_000),
  })
  .refine(({ tables }) => tables.length === 1, 'one table: a document is the rows of one')
  .transform((plan) => ({ ...plan, mode: 'poll' as const }));

const KINDS: Readonly<Record<string, z.ZodType<AnyEntry>>> = {
  json: jsonSchema,
  mysql: mysqlSchema,
  postgres: postgresSchema,
  webhook: webhookSchema,
};

/** By its kind, so that what is wrong is said of that kind and of no other. */
const entrySchema: z.ZodType<AnyEntry> = z.looseObject({}).transform((given, context): AnyEntry => {
  const kind = given['kind'] ?? 'postgres';
  const schema = typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (schema === undefined) {
    context.addIssue({ code: 'custom', path: ['kind'], message: `one of ${Object.keys(KINDS).join(', ')}` });
    return z.NEVER;
  }
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  for (const issue of read.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

/** `capture` of the configuration. */
export const captureListSchema: z.ZodType<readonly AnyEntry[]> = z
  .array(entrySchema)
  .max(16)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'another id for each capture');

/** A field of an entry that cannot be used, and what was found there. */
export interface PlanFlaw {
  readonly field: string;
  readonly found: string;
  readonly expected: string;
}

/** The plan, with its secrets looked up. */
export function planOf(entry: AnyEntry, find: (where: Secret) => Result<string | null>): Result<AnyPlan, PlanFailure> {
  const sought = (field: string, where: Secret, expected: string, fits: (text: string) => boolean) => {
    const found = find(where);
    if (found.ok && found.value !== null && fits(found.value)) return ok(found.value);
    return { ...refuse('bad_field', field), field, expected, found: found.ok ? 'something else' : found.message };
  };
  switch (entry.kind) {
    case 'postgres': {
      const url = sought('url', entry.url, DATABASE_URL, isDatabaseUrl);
      return url.ok ? ok({ ...entry, url: url.value }) : url;
    }
    case 'mysql': {
      const url = sought('url', entry.url, 'mysql://user:password@host:3306/database', isMysqlUrl);
      return url.ok ? ok({ ...entry, url: url.value }) : url;
    }
    case 'webhook': {
      if (entry.secret === undefined) return ok({ ...entry, secret: null });
      const found = sought('secret', entry.secret, 'whsec_ and 24 to 64 bytes in base64', isSigningKey);
      return found.ok ? ok({ ...entry, secret: found.value }) : found;
    }
    default: {
      const url = sought('url', entry.url, 'an address such as https://api.example.com/items', isHttpUrl);
      if (!url.ok) return url;
      const headers: Record<string, string> = {};
      for (const [name, where] of Object.entries(entry.headers)) {
        const value = sought(`headers.${name}`, where, 'the value of a header', isHeaderValue);
        if (!value.ok) return value;
        headers[name] = value.value;
      }
      return ok({ ...entry, url: url.value, headers });
    }
  }
}

const DATABASE_URL = 'postgres://user:password@host:5432/database (a percent sign in a password is written %25)';

type PlanFailure = PlanFlaw & { readonly code: string; readonly message: string };

/** A flag is a number there. */
function ofMysql(table: TablePlan): TablePlan {
  const also: Readonly<Record<string, string>> = { t: '1', f: '0' };
  const only = Object.entries(table.only).map(([column, values]): [string, (string | null)[]] => [
    column,
    values.flatMap((value) => (value === null || also[value] === undefined ? [value] : [value, also[value]])),
  ]);
  return { ...table, table: table.table.replace(/^public\./u, ''), only: Object.fromEntries(only) };
}

function isZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Is this a URL of a MySQL that we can open? */
export function isMysqlUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^(?:mysql|mariadb):$/u.test(url.protocol) && url.hostname !== '' && url.pathname.length > 1;
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/u.test(url.protocol) && url.hostname !== '' && url.username === '';
}

function isSigningKey(text: string): boolean {
  const [, key] = /^whsec_([A-Za-z0-9+/]+={0,2})$/u.exec(text) ?? [];
  const bytes = key === undefined ? 0 : Buffer.from(key, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e]{1,4096}$/u.test(text);
}
