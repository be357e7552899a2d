import type { Collection, Permission } from '@statewire/model';
import {
  bothFilters,
  compareKeys,
  cursorText,
  filterFields,
  filterKey,
  isFieldPath,
  matches,
  NONE,
  ok,
  orderFields,
  orderLimits,
  parseCursor,
  parseFilter,
  parseSort,
  refuse,
  sortKeys,
  type Filter,
  type Keys,
  type Order,
  type Result,
} from '@statewire/protocol';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isWritten } from '../../collect/commands/plain.ts';
import type { CollectionOf } from '../../lib/catalog.ts';
import { isTheirs, shownTo } from '../../lib/own.ts';
import type { Principal } from '../../lib/principal.ts';
import { authorize, scopeFilter } from '../../publish/access.ts';
import type { HttpDeps, LiveEntry, Mutation, MutationFailure } from './deps.ts';
import { RefusedError } from './problem.ts';
import { recordText } from './record-text.ts';
import { json, jsonText, must, route, type Call, type Route } from './router.ts';
import { answersOf, asObject, idOf, readCursor, writeCursor } from './shapes.ts';
import { keyOf, whyOf } from './write-headers.ts';

/** List, get, create, change, delete and bulk of every collection; one set of routes per collection. */
export function recordRoutes(deps: HttpDeps): readonly Route[] {
  return Object.values(deps.collections).flatMap((collection) => [
    ...readRoutes(deps, collection),
    ...(isWritten(collection) ? writeRoutes(deps, collection) : []),
    // Reported, and else only deleted.
    ...(collection.name === 'metrics' ? [deleteRoute(deps, collection.name)] : []),
  ]);
}

/** Performs a mutation and answers with the record as it is now. */
export async function perform(
  deps: HttpDeps,
  call: Pick<Call<unknown, unknown>, 'principal' | 'context'>,
  mutation: Mutation,
  status: 200 | 201 = 200,
  answer: 'record' | 'value' = 'record',
): Promise<Response> {
  const key = keyOf(call.context);
  const why = whyOf(call.context);
  const result = await deps.mutate(call.principal, { ...mutation, key, why });
  if (!result.ok) throw new RefusedError(refusalOfMutation(result));
  const { version, value } = result.value;
  if (answer === 'value') return json(value);
  const id = idOf(value) ?? mutation.id;
  const found = find(deps, call.principal, mutation.collection, id);
  const entry = found.ok ? found.value : null;
  const headers: Record<string, string> = { etag: `"${entry?.version ?? version}"` };
  if (mutation.op === 'del' || entry === null)
    return json({ id, version, deleted: mutation.op === 'del' }, { status: status === 201 ? 202 : 200, headers });
  if (status === 201) headers['location'] = `/v1/${mutation.collection}/${id}`;
  return jsonText(recordText(entry, shownIn(deps, call.principal, mutation.collection)), { status, headers });
}

const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,4}$/u, 'a number from 1 to 1000')
    .transform(Number)
    .pipe(z.int().min(1).max(1_000))
    .default(100)
    .meta({ description: 'Rows per page, 1 to 1000' }),
  cursor: z.string().max(128).optional().meta({ description: '`next` of the page before' }),
});

const listQuery = pageQuery.extend({
  filter: z
    .string()
    .max(65_536)
    .optional()
    .meta({ description: 'A filter as JSON, for example ["in","status",["down","degraded"]]' }),
  sort: z
    .string()
    .max(1_024)
    .optional()
    .meta({ description: 'An order as JSON, for example [["updatedAt","desc"]]; then a cursor belongs to it' }),
  cursor: z.string().max(orderLimits.cursorLength).optional().meta({ description: '`next` of the page before' }),
  min_version: z
    .string()
    .regex(/^\d{1,15}$/u, 'a version')
    .transform(Number)
    .optional()
    .meta({ description: 'Answer only when the data is at least this new' }),
});

function readRoutes(deps: HttpDeps, collection: Collection): readonly Route[] {
  const { name } = collection;
  const access: Permission = `${name}:read`;
  return [
    route({
      method: 'GET',
      path: `/v1/${name}`,
      access,
      tag: name,
      summary: `Lists ${name}, oldest first or in the order of \`sort\``,
      query: listQuery,
      answers: {
        ...answersOf('bad_request', 'bad_field', 'bad_filter', 'too_complex', 'unavailable'),
        200: {
          description: `A page of ${name}; \`next\` is the cursor of the following page or null`,
          schema: z.object({
            rows: z.array(collection.row),
            next: z.string().nullable(),
            version: z.int(),
            epoch: z.string(),
          }),
        },
        304: { description: 'Nothing changed since the version in If-None-Match' },
      },
      handle: (call) => list(deps, collection, call),
    }),
    route({
      method: 'GET',
      path: `/v1/${name}/{id}`,
      access,
      tag: name,
      summary: `Reads one record of ${name}`,
      answers: {
        ...answersOf('not_found'),
        200: { description: 'The record; ETag is its version', schema: collection.row },
        304: { description: 'The record still has the version in If-None-Match' },
      },
      handle: ({ principal, params, context }) => {
        must(authorize(principal, 'read', name, knownTo(deps)));
        const entry = must(find(deps, principal, name, params['id'] ?? ''));
        const etag = `"${entry.version}"`;
        if (isFresh(context.req.header('if-none-match'), etag))
          return new Response(null, { status: 304, headers: { etag } });
        return jsonText(recordText(entry, shownTo(principal, collection.access)), {
          headers: { etag, 'cache-control': 'private, no-cache' },
        });
      },
    }),
  ];
}

function list(
  deps: HttpDeps,
  { name, fields: all, access }: Collection,
  { principal, query, context }: Call<z.output<typeof listQuery>, unknown>,
): Response {
  must(authorize(principal, 'read', name, knownTo(deps)));
  const scope = scopeFilter(principal, name, knownTo(deps));
  const shown = shownTo(principal, access);
  const fields = shown ?? all;
  const wanted = readFilter(query.filter, fields);
  const filter = scope === null ? wanted : bothFilters(wanted, scope === 'denied' ? NONE : scope);
  const version = deps.live.version(principal.org);
  if (query.min_version !== undefined && query.min_version > version) {
    throw new RefusedError({
      code: 'unavailable',
      message: `the data here is at version ${version}, older than the one asked for`,
      found: String(version),
      expected: `at least ${query.min_version}`,
      do: 'ask again in a moment',
    });
  }
  // Where people see different lists, one browser may not take what it kept for the last of them for this one's.
  const etag = scope === null ? `"${deps.epoch}.${version}"` : `"${deps.epoch}.${version}.${filterTag(filter)}"`;
  const headers = { etag, 'cache-control': 'private, no-cache' };
  if (isFresh(context.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  const answer = (page: readonly LiveEntry[], next: string | null): Response =>
    jsonText(
      `{"rows":[${page.map((entry) => recordText(entry, shown)).join(',')}],"next":${JSON.stringify(next)},"version":${version},"epoch":${JSON.stringify(deps.epoch)}}`,
      { headers },
    );
  if (query.sort !== undefined) {
    const order = readOrder(query.sort, fields);
    const from = query.cursor === undefined ? null : must(parseCursor(order, query.cursor));
    const { page, next } = firstOf(passing(deps.live.entries(principal.org, name), filter), {
      order,
      from,
      limit: query.limit,
    });
    return answer(page, next);
  }
  // Ordered by rid, which never changes: a record that changes between two pages is neither skipped nor sent twice.
  const after = query.cursor === undefined ? -1 : readCursor(query.cursor);
  const found: LiveEntry[] = [];
  for (const entry of deps.live.entries(principal.org, name)) {
    if (entry.rid > after && matches(filter, entry.row)) found.push(entry);
  }
  found.sort((a, b) => a.rid - b.rid);
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  return answer(page, last !== undefined && found.length > page.length ? writeCursor(last.rid) : null);
}

function readOrder(text: string, fields: readonly string[]): Order {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new RefusedError({
      code: 'bad_request',
      message: 'sort is not JSON',
      found: text.slice(0, 60),
      expected: '[["updatedAt","desc"]]',
      do: 'send a list of field and direction',
    });
  }
  const order = must(parseSort(raw));
  const stranger = orderFields(order).find((field) => !fields.includes(field));
  if (stranger !== undefined) must(refuse('bad_field', `there is no field ${JSON.stringify(stranger)} to sort by`));
  return order;
}

function* passing(entries: Iterable<LiveEntry>, filter: Filter): Generator<LiveEntry> {
  for (const entry of entries) if (matches(filter, entry.row)) yield entry;
}

/** The first of an order behind a place. Most records are compared once, with the last of those kept: nothing is sorted whole. */
function firstOf(
  entries: Iterable<LiveEntry>,
  { order, from, limit }: { readonly order: Order; readonly from: Keys | null; readonly limit: number },
): { readonly page: readonly LiveEntry[]; readonly next: string | null } {
  const kept: { readonly entry: LiveEntry; readonly keys: Keys }[] = [];
  for (const entry of entries) {
    const keys = sortKeys(order, entry.row);
    if (from !== null && compareKeys(order, keys, from) <= 0) continue;
    const worst = kept.length > limit ? kept.at(-1) : undefined;
    if (worst !== undefined && compareKeys(order, keys, worst.keys) > 0) continue;
    let [lo, hi] = [0, kept.length];
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (compareKeys(order, kept[mid]?.keys ?? keys, keys) < 0) lo = mid + 1;
      else hi = mid;
    }
    kept.splice(lo, 0, { entry, keys });
    if (kept.length > limit + 1) kept.pop();
  }
  const page = kept.slice(0, limit);
  const last = page.at(-1);
  return {
    page: page.map(({ entry }) => entry),
    next: kept.length > limit && last !== undefined ? cursorText(order, last.keys) : null,
  };
}

function createRoute(deps: HttpDeps, collection: Collection): Route {
  const { name } = collection;
  return route({
    method: 'POST',
    path: `/v1/${name}`,
    access: `${name}:create`,
    tag: name,
    summary: `Creates a record of ${name}`,
    body: collection.create,
    answers: {
      ...answersOf('bad_field', 'exists', 'too_large'),
      201: { description: 'The new record', schema: collection.row },
    },
    handle: (call) => {
      const fields = asObject(call.body);
      const id = typeof fields['id'] === 'string' ? fields['id'] : '';
      return perform(deps, call, { collection: name, id, op: 'create', fields }, 201);
    },
  });
}

function writeRoutes(deps: HttpDeps, collection: Collection): readonly Route[] {
  const { name } = collection;
  return [
    // Nobody makes some kinds of records by themselves: people join by an invitation.
    ...(collection.create instanceof z.ZodNever ? [] : [createRoute(deps, collection)]),
    route({
      method: 'PATCH',
      path: `/v1/${name}/{id}`,
      access: `${name}:change`,
      tag: name,
      summary: `Changes fields of a record of ${name}`,
      query: z.strictObject({
        base: z
          .string()
          .regex(/^\d{1,15}$/u, 'a version')
          .transform(Number)
          .optional()
          .meta({ description: 'The version you saw: only fields changed after it conflict' }),
      }),
      body: collection.patch,
      answers: {
        ...answersOf('bad_field', 'not_found', 'conflict', 'precondition'),
        200: { description: 'The record as it is now', schema: collection.row },
      },
      handle: (call) => {
        const id = call.params['id'] ?? '';
        return perform(deps, call, {
          collection: name,
          id,
          op: 'patch',
          fields: asObject(call.body),
          base: call.query.base,
          ifVersion: ifMatch(call),
        });
      },
    }),
    deleteRoute(deps, name),
  ];
}

function deleteRoute(deps: HttpDeps, name: string): Route {
  return route({
    method: 'DELETE',
    path: `/v1/${name}/{id}`,
    access: `${name}:delete`,
    tag: name,
    summary: `Deletes a record of ${name}`,
    answers: {
      ...answersOf('not_found', 'precondition'),
      200: {
        description: 'It is deleted, durably',
        schema: z.object({ id: z.string(), version: z.int(), deleted: z.literal(true) }),
      },
    },
    handle: (call) =>
      perform(deps, call, { collection: name, id: call.params['id'] ?? '', op: 'del', ifVersion: ifMatch(call) }),
  });
}

/** The record, if there is one for this caller. */
export function find(
  deps: Pick<HttpDeps, 'collections' | 'live'>,
  principal: Principal,
  collection: string,
  id: string,
): Result<LiveEntry> {
  const entry = deps.live.get(principal.org, collection, id);
  const owner = knownTo(deps)(collection)?.access ?? {};
  if (entry === null || !isTheirs(principal, owner, entry.row)) {
    return refuse('not_found', `no record ${collection}/${id}`);
  }
  return ok(entry);
}

function shownIn(
  deps: Pick<HttpDeps, 'collections'>,
  principal: Principal,
  collection: string,
): readonly string[] | null {
  return shownTo(principal, knownTo(deps)(collection)?.access ?? {});
}

function knownTo({ collections }: Pick<HttpDeps, 'collections'>): CollectionOf {
  return (name) => (Object.hasOwn(collections, name) ? (collections[name] ?? null) : null);
}

/** A filter from a query, or a refusal that says which fields there are. */
export function readFilter(text: string | undefined, fields: readonly string[]): Filter {
  if (text === undefined) return must(parseFilter(undefined));
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RefusedError({
      code: 'bad_filter',
      message: 'the filter is not JSON',
      expected: 'for example ["eq","status","down"], URL-encoded',
    });
  }
  const filter = must(parseFilter(raw));
  const stranger = filterFields(filter).find((field) => !fields.includes(field) || !isFieldPath(field));
  if (stranger !== undefined)
    throw new RefusedError({
      code: 'bad_filter',
      message: `there is no field ${stranger}`,
      expected: fields.join(', '),
    });
  return filter;
}

/** `If-Match: "7"`. `*` only asks that the record exists, which every change does. */
function ifMatch({ context }: Pick<Call<unknown, unknown>, 'context'>): number | undefined {
  const header = context.req.header('if-match');
  if (header === undefined || header === '*') return undefined;
  const match = /^"(\d{1,15})"$/u.exec(header);
  if (match?.[1] === undefined)
    throw new RefusedError({
      code: 'bad_request',
      message: 'If-Match names one version in quotes',
      found: JSON.stringify(header.slice(0, 40)),
      expected: '"<version>", as in the ETag of the record',
    });
  return Number(match[1]);
}

function filterTag(filter: Filter): string {
  return createHash('sha256').update(filterKey(filter)).digest('base64url').slice(0, 22);
}

function isFresh(header: string | undefined, etag: string): boolean {
  return (
    header !== undefined &&
    header.split(',').some((part) => part.trim().replace(/^W\//u, '') === etag || part.trim() === '*')
  );
}

function refusalOfMutation(failure: MutationFailure): ConstructorParameters<typeof RefusedError>[0] {
  const { version, current, fields } = failure;
  return {
    code: failure.code,
    message: failure.message,
    extra: {
      ...(version === undefined ? {} : { version }),
      ...(current === undefined ? {} : { current }),
      ...(fields === undefined ? {} : { fields }),
    },
  };
}
