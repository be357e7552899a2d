import type { Json, JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import type { AuditRow } from '../../keep/audit.ts';
import { verifyAudit, type AuditVerdict } from '../../keep/verify-audit.ts';
import { csv } from './csv.ts';
import type { HttpDeps } from './deps.ts';
import { json, route, type Route } from './router.ts';
import { answersOf, instantQuery, readCursor, writeCursor } from './shapes.ts';

const headSchema = z.object({ org: z.string(), seq: z.int(), hash: z.string() }).meta({ id: 'AuditHead' });

/** What a look at the whole log found. The command line reads the answer of a server with it. */
export const auditVerdictSchema: z.ZodType<AuditVerdict> = z.object({
  org: z.string(),
  isWhole: z.boolean(),
  from: z.int(),
  rows: z.int(),
  head: headSchema,
  flaws: z.array(
    z.object({
      seq: z.int(),
      kind: z.enum(['edited', 'head', 'inserted', 'missing', 'moved', 'unanchored']),
      text: z.string(),
    }),
  ),
});

const word = z.string().min(1).max(300);
const filters = {
  actor: word.optional().meta({ description: 'Id or name of who acted' }),
  action: word.optional().meta({ description: 'An action (`services:change`), or all of an area (`services`)' }),
  target: z
    .string()
    .regex(/^[a-z][a-z-]{0,63}(?:\/[\w.:@~-]{1,200})?$/u, '`<collection>/<id>`, or a collection')
    .optional()
    .meta({ description: 'What it was done to: `<collection>/<id>`, or a collection' }),
  outcome: word.optional().meta({ description: '`ok`, `refused` for all refusals, or a code' }),
  from: instantQuery.optional().meta({ description: 'Not before, epoch milliseconds' }),
  to: instantQuery.optional().meta({ description: 'Before, epoch milliseconds' }),
  q: z.string().min(1).max(200).optional().meta({ description: 'Text anywhere in the row' }),
};

const listQuery = z.strictObject({
  ...filters,
  limit: z
    .string()
    .regex(/^\d{1,3}$/u, 'a number from 1 to 500')
    .transform(Number)
    .pipe(z.int().min(1).max(500))
    .default(100)
    .meta({ description: 'Rows per page, 1 to 500' }),
  cursor: z.string().max(128).optional().meta({ description: '`next` of the page before' }),
});

const exportQuery = z.strictObject({
  ...filters,
  format: z.enum(['csv', 'jsonl']).default('jsonl').meta({ description: 'CSV, or one JSON object per line' }),
});

const rowSchema = z
  .object({
    seq: z.int(),
    at: z.int(),
    org: z.string(),
    version: z.int(),
    actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
    from: z.object({ ip: z.string(), agent: z.string(), door: z.string() }).nullable(),
    action: z.string(),
    target: z.object({ collection: z.string(), id: z.string() }).nullable(),
    outcome: z.string(),
    before: z.looseObject({}).nullable(),
    after: z.looseObject({}).nullable(),
    why: z.string().nullable(),
    prev: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditRow' });

/** The audit log: read, taken away, and looked at whether it is whole. */
export function auditRoutes(deps: HttpDeps): readonly Route[] {
  const { store, limits } = deps;
  const access = 'audit:read';
  return [
    route({
      method: 'GET',
      path: '/v1/audit',
      access,
      tag: 'audit',
      summary: 'Who did what, newest first',
      query: listQuery,
      answers: {
        ...answersOf('bad_request'),
        200: {
          description:
            'A page; `next` is the cursor of the following page or null. A long search may answer with fewer rows than asked for, or none, and a `next`',
          schema: z.object({ rows: z.array(rowSchema), next: z.string().nullable(), head: headSchema }),
        },
      },
      handle: async ({ principal: { org }, query }) => {
        const { limit, cursor, ...wanted } = query;
        const before = cursor === undefined ? undefined : readCursor(cursor);
        const { rows, next } = await store.audits({ org, limit, before, ...queryOf(wanted) });
        return json({
          rows: rows.map(shown),
          next: next === null ? null : writeCursor(next),
          head: deps.audit.head(org),
        });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/audit/verify',
      access,
      tag: 'audit',
      summary: 'Is the log whole? Every row is looked at',
      query: z.strictObject({
        head: z
          .string()
          .regex(/^[\w-]{43}$/u, 'a hash of 43 characters')
          .optional()
          .meta({ description: 'A hash that was kept elsewhere: it must still be in the log' }),
      }),
      answers: {
        ...answersOf('bad_request'),
        200: {
          description: 'What was found; `flaws` names the first rows that are wrong',
          schema: auditVerdictSchema,
        },
      },
      handle: async ({ principal: { org }, query }) =>
        json(
          await verifyAudit(org, async (q) => (await store.audits(q)).rows, {
            head: await store.auditHead(org),
            kept: query.head ?? null,
          }),
        ),
    }),
    route({
      method: 'GET',
      path: '/v1/audit/export',
      access,
      tag: 'audit',
      summary: `The log to take away, oldest first, at most ${limits.auditExportRowsMax} rows`,
      query: exportQuery,
      answers: {
        ...answersOf('bad_request'),
        200: { description: 'CSV by RFC 4180, or JSON lines', type: 'application/x-ndjson', schema: z.string() },
      },
      handle: ({ principal: { org }, query }) => {
        const { format, ...wanted } = query;
        const isCsv = format === 'csv';
        const parts = partsOf(deps, { org, ...queryOf(wanted) }, isCsv);
        return new Response(streamOf(parts), {
          headers: {
            'content-type': isCsv ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
            'content-disposition': `attachment; filename="audit-${org}.${format}"`,
            'cache-control': 'private, no-store',
          },
        });
      },
    }),
  ];
}

/** A row as callers see it. */
function shown(row: AuditRow): JsonObject {
  const { org, seq, at, version, action, outcome, why, prev, hash, collection, id, ip } = row;
  return {
    seq,
    at,
    org,
    version,
    actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
    from: ip === null ? null : { ip, agent: row.agent ?? '', door: row.door ?? '' },
    action,
    target: id === null ? null : { collection: collection ?? '', id },
    outcome,
    before: fieldsOf(row.before),
    after: fieldsOf(row.after),
    why,
    prev,
    hash,
  };
}

function fieldsOf(text: string | null): Json {
  if (text === null) return null;
  const fields: Json = JSON.parse(text);
  return fields;
}

function queryOf({
  target,
  q,
  ...rest
}: Omit<z.output<typeof listQuery>, 'cursor' | 'limit'>): Omit<
  Parameters<HttpDeps['store']['audits']>[0],
  'limit' | 'org'
> {
  const [collection, id] = target?.split('/') ?? [];
  return { ...rest, collection, id, text: q };
}

const COLUMNS = [
  'seq',
  'at',
  'actorKind',
  'actorId',
  'actorName',
  'ip',
  'agent',
  'door',
  'action',
  'collection',
  'id',
  'outcome',
  'before',
  'after',
  'why',
  'version',
  'prev',
  'hash',
] as const;
const PART_ROWS = 500;

function streamOf(parts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const part = await parts.next();
      if (part.done === true) controller.close();
      else controller.enqueue(encoder.encode(part.value));
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}

/** A part at a time: whoever reads slowly holds up nobody, and nothing is held for them. */
async function* partsOf(
  { store, limits }: HttpDeps,
  q: Omit<Parameters<HttpDeps['store']['audits']>[0], 'limit'>,
  isCsv: boolean,
): AsyncGenerator<string> {
  if (isCsv) yield csv(COLUMNS, []);
  let after = 0;
  for (let rows = 0; rows < limits.auditExportRowsMax;) {
    const page = await store.audits({ ...q, after, limit: Math.min(PART_ROWS, limits.auditExportRowsMax - rows) });
    rows += page.rows.length;
    if (page.rows.length > 0)
      yield isCsv ? lines(page.rows) : page.rows.map((row) => `${JSON.stringify(shown(row))}\n`).join('');
    if (page.next === null) return;
    after = page.next;
  }
}

/** Rows without the header line. */
function lines(rows: readonly AuditRow[]): string {
  const text = csv(
    COLUMNS,
    rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() })),
  );
  return text.slice(text.indexOf('\r\n') + 2);
}
