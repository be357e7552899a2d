import { explain, type Collection } from '@statewire/model';
import { bothFilters, matches, NONE, type JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { authorize, scopeFilter } from '../../publish/access.ts';
import type { Principal } from '../../lib/principal.ts';
import { readCsv, readJsonLines, type CellKinds, type FileLine } from '../import/rows.ts';
import { assertMediaType, readText } from './body.ts';
import { csvLine } from './csv.ts';
import type { HttpDeps, LiveEntry } from './deps.ts';
import { recordText } from './record-text.ts';
import { readFilter } from './records.ts';
import { json, must, rawHeadersOf, route, type Call, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

/** Customers and users as files: taken in a line at a time, and out as what a filter finds. */
export function peopleFileRoutes(deps: HttpDeps): readonly Route[] {
  return ['customers', 'users'].flatMap((name) => {
    const collection = deps.collections[name];
    return collection === undefined ? [] : [importRoute(deps, collection), exportRoute(deps, collection)];
  });
}

const TYPES = ['text/csv', 'application/x-ndjson', 'application/json', 'text/plain'];
const FILE_TYPES = /^(?:text\/(?:csv|plain)|application\/(?:x-ndjson|jsonl|json))(?: ?; ?charset="?utf-8"?)?$/iu;

const KINDS: CellKinds = { tags: 'list', lastSeenAt: 'time', labels: 'object', attributes: 'object' };

/** Lines that are looked at, or written side by side, before others get their turn. */
const AT_ONCE = 100;
/** Lines that are named in the answer: of what is wrong, and of what would happen. */
const ERRORS_MAX = 100;
const PLAN_MAX = 20;

const actionSchema = z.enum(['create', 'update', 'keep']);
const planSchema = z.object({ line: z.int(), action: actionSchema, id: z.string().nullable(), name: z.string() });
const errorSchema = z.object({ line: z.int(), message: z.string() });

interface Planned {
  readonly line: number;
  readonly action: z.output<typeof actionSchema>;
  /** Null: the server makes one. */
  readonly id: string | null;
  readonly fields: JsonObject;
}

interface Flaw {
  readonly line: number;
  readonly message: string;
}

function importRoute(deps: HttpDeps, collection: Collection): Route {
  const { name } = collection;
  return route({
    method: 'POST',
    path: `/v1/${name}/import`,
    // Lines make records and change them: whoever may only change is refused line by line.
    access: `${name}:change`,
    tag: name,
    raw: TYPES,
    summary: `Takes ${name} from a file of JSON lines or CSV; who is known by id or externalId is changed`,
    query: z.strictObject({
      format: z.enum(['jsonl', 'csv']).meta({ description: 'How the file is written' }),
      dry_run: z.enum(['0', '1', 'true', 'false']).default('0').meta({ description: '1: only say what would happen' }),
    }),
    answers: {
      ...answersOf('bad_field', 'too_large', 'unsupported'),
      200: {
        description: 'How many lines do what, the first of them, and those that cannot be taken, by line',
        schema: z.object({
          dryRun: z.boolean(),
          lines: z.int(),
          create: z.int(),
          update: z.int(),
          keep: z.int(),
          failed: z.int(),
          plan: z.array(planSchema),
          errors: z.array(errorSchema),
        }),
      },
    },
    handle: async (call) => {
      const { principal, query, context } = call;
      assertMediaType(context.req.raw, rawHeadersOf(context), FILE_TYPES, TYPES.join(', '));
      const text = await readText(context.req.raw, deps.limits.importBytesMax);
      const lines = must(query.format === 'csv' ? readCsv(text, KINDS, deps.limits) : readJsonLines(text, deps.limits));
      const { planned, flaws } = await plan(deps, principal, collection, lines);
      const dryRun = query.dry_run === '1' || query.dry_run === 'true';
      if (!dryRun) flaws.push(...(await perform(deps, call, name, planned)));
      const broken = new Set(flaws.map(({ line }) => line));
      const of = (action: Planned['action']): number =>
        planned.filter((each) => each.action === action && !broken.has(each.line)).length;
      return json({
        dryRun,
        lines: lines.length,
        create: of('create'),
        update: of('update'),
        keep: of('keep'),
        failed: broken.size,
        plan: planned.slice(0, PLAN_MAX).map(({ line, action, id, fields }) => ({
          line,
          action,
          id,
          name: typeof fields['name'] === 'string' ? fields['name'] : (id ?? ''),
        })),
        errors: flaws.toSorted((a, b) => a.line - b.line).slice(0, ERRORS_MAX),
      });
    },
  });
}

/** What becomes of each line, with nothing written. */
async function plan(
  deps: HttpDeps,
  { org }: Principal,
  collection: Collection,
  lines: readonly FileLine[],
): Promise<{ readonly planned: readonly Planned[]; readonly flaws: Flaw[] }> {
  const planned: Planned[] = [];
  const flaws: Flaw[] = [];
  const byExternal = new Map<string, LiveEntry>();
  for (const entry of deps.live.entries(org, collection.name)) {
    const external = entry.row['externalId'];
    if (typeof external === 'string' && !byExternal.has(external)) byExternal.set(external, entry);
  }
  const seen = new Map<string, number>();
  const own = new Set(['id', ...collection.owns.api]);
  const derived = new Set(collection.fields.filter((field) => !own.has(field)));
  for (const [i, each] of lines.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await turn(deps);
    if ('flaw' in each) {
      flaws.push({ line: each.line, message: each.flaw });
      continue;
    }
    const { line, fields } = each;
    // What the server works out is in the files that come from here; it is worked out again.
    const said = Object.fromEntries(Object.entries(fields).filter(([field]) => !derived.has(field)));
    const { id: given, ...rest } = said;
    const external = typeof rest['externalId'] === 'string' ? rest['externalId'] : null;
    const known =
      typeof given === 'string'
        ? deps.live.get(org, collection.name, given)
        : external === null
          ? null
          : (byExternal.get(external) ?? null);
    const key = known?.id ?? (typeof given === 'string' ? given : external === null ? null : `=${external}`);
    const before = key === null ? undefined : seen.get(key);
    if (before !== undefined) {
      flaws.push({ line, message: `is the same as line ${before}; keep one of them` });
      continue;
    }
    if (key !== null) seen.set(key, line);
    const read = (known === null ? collection.create : collection.patch).safeParse(known === null ? said : rest);
    if (!read.success) {
      flaws.push({ line, message: explain(read.error, said) });
      continue;
    }
    const isSame =
      known !== null && Object.entries(rest).every(([field, value]) => isEqual(known.row[field] ?? null, value));
    const action = known === null ? 'create' : isSame ? 'keep' : 'update';
    planned.push({
      line,
      action,
      id: known?.id ?? (typeof given === 'string' ? given : null),
      fields: known === null ? said : rest,
    });
  }
  return { planned, flaws };
}

async function perform(
  deps: HttpDeps,
  { principal }: Pick<Call<unknown, unknown>, 'principal'>,
  collection: string,
  planned: readonly Planned[],
): Promise<readonly Flaw[]> {
  const flaws: Flaw[] = [];
  const one = async ({ line, action, id, fields }: Planned): Promise<void> => {
    if (action === 'keep') return;
    const op = action === 'create' ? 'create' : 'patch';
    const done = await deps.mutate(principal, { collection, id: id ?? '', op, fields });
    if (!done.ok) flaws.push({ line, message: done.message });
  };
  for (let at = 0; at < planned.length; at += AT_ONCE) {
    await Promise.all(planned.slice(at, at + AT_ONCE).map(one));
  }
  return flaws;
}

function exportRoute(deps: HttpDeps, collection: Collection): Route {
  const { name, fields } = collection;
  return route({
    method: 'GET',
    path: `/v1/${name}/export`,
    access: `${name}:read`,
    tag: name,
    summary: `All ${name} that a filter finds, as CSV or JSON lines`,
    query: z.strictObject({
      format: z.enum(['csv', 'jsonl']).default('csv').meta({ description: 'How the file is written' }),
      filter: z.string().max(65_536).optional().meta({ description: 'A filter as JSON' }),
    }),
    answers: {
      ...answersOf('bad_filter', 'too_complex'),
      200: { description: 'The file; fields that the server works out are among its columns', type: 'text/csv' },
    },
    handle: ({ principal, query }) => {
      const of = (known: string): Collection | null => deps.collections[known] ?? null;
      must(authorize(principal, 'read', name, of));
      const wanted = readFilter(query.filter, fields);
      const scope = scopeFilter(principal, name, of);
      const filter = scope === null ? wanted : bothFilters(wanted, scope === 'denied' ? NONE : scope);
      const isCsv = query.format === 'csv';
      const columns = [
        'id',
        ...collection.owns.api.filter((field) => field !== 'id'),
        ...(DERIVED[name] ?? []),
        'createdAt',
        'updatedAt',
      ];
      const found = Array.from(deps.live.entries(principal.org, name)).filter(({ row }) => matches(filter, row));
      let at = 0;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (at > 0) await turn(deps);
          let text = at === 0 && isCsv ? csvLine(columns) : '';
          for (const entry of found.slice(at, at + AT_ONCE)) {
            text += isCsv
              ? csvLine(columns.map((column) => cellOf(entry.row, column)))
              : `${recordText(entry, null)}\n`;
          }
          at += AT_ONCE;
          controller.enqueue(new TextEncoder().encode(text));
          if (at >= found.length) controller.close();
        },
      });
      return new Response(body, {
        headers: {
          'content-type': isCsv ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
          'content-disposition': `attachment; filename="${name}.${query.format}"`,
          'cache-control': 'no-store',
        },
      });
    },
  });
}

const DERIVED: Readonly<Record<string, readonly string[]>> = {
  customers: ['users', 'services', 'worst', 'openAlerts', 'messages'],
};

function cellOf(row: JsonObject, column: string): JsonObject[string] {
  const value = row[column] ?? null;
  return Array.isArray(value) ? value.join(';') : value;
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Lets others have their turn. */
function turn({ clock }: HttpDeps): Promise<void> {
  return new Promise((resolve) => clock.soon(resolve));
}
