import type { Collection } from '@statewire/model';

import { z } from 'zod';
import { json, openRoute, type Answer, type Route } from './router.ts';
import { answersOf, problemSchema } from './shapes.ts';

type Schema = Record<string, unknown>;

/**
 * /openapi.json, made from the same table and the same schemas that serve the requests. OpenAPI 3.1 schemas are JSON
 * Schema 2020-12, which zod writes itself; recursive schemas (any JSON) come out as references, which is why no
 * generator stands between.
 */
export function openApiRoute({ version, collections, routes }: OpenApiSource): Route {
  let document: object | null = null;
  const self: Route = openRoute({
    method: 'GET',
    path: '/openapi.json',
    access: 'open',
    tag: 'operation',
    summary: 'This API as an OpenAPI 3.1 document',
    answers: { 200: { description: 'The document', schema: z.looseObject({ openapi: z.string() }) } },
    handle: () =>
      json((document ??= openApi({ version, collections, routes: () => [...routes(), self] })), {
        headers: { 'cache-control': 'public, max-age=60' },
      }),
  });
  return self;
}

export interface OpenApiSource {
  readonly version: string;
  readonly collections: readonly Collection[];
  /** Late, because the table holds the document's own route. */
  readonly routes: () => readonly Route[];
}

export function openApi({ version, collections, routes }: OpenApiSource): object {
  const components = new Components(collections);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const entry of routes()) {
    const item = (paths[entry.path] ??= {});
    item[entry.method.toLowerCase()] = operation(entry, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Statewire',
      version,
      description: 'The live status layer for platforms. Errors are RFC 9457 problem documents.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key (`sw_...`) or a token of a configured issuer',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'statewire.session_token',
          description: 'Set by POST /v1/session',
        },
      },
    },
  };
}

function operation(entry: Route, components: Components): object {
  const isOpen = entry.access === 'open';
  const common = answersOf(
    'bad_request',
    'internal',
    'rate_limited',
    'overloaded',
    ...(isOpen ? [] : ['auth_required' as const, 'forbidden' as const]),
    ...(entry.body === null ? [] : ['too_large' as const, 'unsupported' as const]),
  );
  const answers: Readonly<Record<string, Answer>> = { ...common, ...entry.answers };
  return {
    operationId: operationId(entry),
    tags: [entry.tag],
    summary: entry.summary,
    description: accessText(entry.access),
    'x-statewire-access': entry.access,
    ...(isOpen
      ? { security: [] }
      : entry.access === 'slug' || entry.access === 'metrics'
        ? { security: [{}, { bearer: [] }, { session: [] }] }
        : {}),
    parameters: [...pathParameters(entry), ...queryParameters(entry, components)],
    ...(entry.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.of(entry.body, 'input') } },
          },
        }),
    ...(entry.raw === null ? {} : { requestBody: rawBody(entry.raw) }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, response(answer, components)]),
    ),
  };
}

function rawBody(types: readonly string[]): object {
  return { required: false, content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])) };
}

function accessText(access: Route['access']): string {
  switch (access) {
    case 'live':
    case 'panel':
      return 'Needs any credential, in a header or in the `hello`; what it may see is decided view by view.';
    case 'open':
      return 'Needs no credential.';
    case 'any':
      return 'Needs any credential.';
    case 'report':
      return 'Needs a permission to report (`services:report`, ...); each report is asked for its own.';
    case 'slug':
      return 'Needs a permission to report, or a slug that is the token of a heartbeat service.';
    case 'metrics':
      return 'Needs the permission `system:metrics`; with `metricsLoopback` processes of the same machine need none.';
    default:
      return `Needs the permission \`${access}\`.`;
  }
}

function response({ description, schema, type }: Answer, components: Components): object {
  if (schema === undefined)
    return type === undefined ? { description } : { description, content: { [type]: { schema: { type: 'string' } } } };
  return { description, content: { [type ?? 'application/json']: { schema: components.of(schema, 'output') } } };
}

function pathParameters({ path }: Route): readonly object[] {
  return [...path.matchAll(/\{(\w+)\}/gu)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 200 },
  }));
}

function queryParameters({ query }: Route, components: Components): readonly object[] {
  if (query === null) return [];
  return Object.entries(query.shape).map(([name, field]) => {
    const { description, ...schema } = components.of(field, 'input');
    return { name, in: 'query', required: false, ...(description === undefined ? {} : { description }), schema };
  });
}

/** `POST /v1/services/{id}/clear-override` -> `postServicesByIdClearOverride`; `GET /metrics` -> `getServerMetrics`. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^(?:\/v1)?/u, (prefix) => (prefix === '' ? 'server' : ''))
    .replaceAll(/\{(\w+)\}/gu, 'by-$1')
    .split(/[^A-Za-z0-9]+/u)
    .filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** Collects the named schemas and hands out references to them. */
class Components {
  readonly schemas: Record<string, Schema> = {};
  readonly #named: { readonly schema: z.ZodType; readonly name: string }[] = [
    { schema: problemSchema, name: 'Problem' },
  ];
  readonly #hoisted = new Map<string, string>();

  constructor(collections: readonly Collection[]) {
    for (const { name, row, create, patch } of collections) {
      const base = name.charAt(0).toUpperCase() + name.slice(1).replace(/s$/u, '');
      this.#named.push(
        { schema: row, name: base },
        { schema: create, name: `${base}Create` },
        { schema: patch, name: `${base}Patch` },
      );
    }
  }

  of(schema: z.ZodType, io: 'input' | 'output'): Schema {
    const name = this.#named.find((entry) => entry.schema === schema)?.name;
    if (name === undefined) return this.#write(schema, io);
    if (!(name in this.schemas)) {
      // Placed before it is written, so that a schema that mentions itself ends.
      this.schemas[name] = {};
      this.schemas[name] = this.#write(schema, io);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #write(root: z.ZodType, io: 'input' | 'output'): Schema {
    const written: Schema = z.toJSONSchema(root, {
      io,
      target: 'draft-2020-12',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        const named = this.#named.find(({ schema }) => Object.is(schema, zodSchema));
        if (named === undefined || named.schema === root) return;
        for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
        Object.assign(jsonSchema, this.of(named.schema, io));
      },
    });
    const { $schema: _, $defs, id: __, ...rest } = written;
    if (typeof $defs !== 'object' || $defs === null) return rest;
    const renamed = new Map(
      Object.entries($defs).map(([key, value]) => [key, this.#place(key, JSON.stringify(value))]),
    );
    for (const [key, value] of Object.entries($defs)) {
      const { id: ___, ...schema } = rewrite(value, renamed);
      this.schemas[renamed.get(key) ?? key] = schema;
    }
    return rewrite(rest, renamed);
  }

  /** Named schemas keep their name; unnamed ones (`__schema0`) get a number of their own unless they are the same. */
  #place(key: string, content: string): string {
    if (!key.startsWith('__')) return key;
    const known = this.#hoisted.get(content);
    if (known !== undefined) return known;
    const name = `Shared${this.#hoisted.size + 1}`;
    this.#hoisted.set(content, name);
    return name;
  }
}

function rewrite(value: unknown, renamed: ReadonlyMap<string, string>): Schema {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    if (key !== '$ref' || typeof inner !== 'string' || !inner.startsWith('#/$defs/')) return inner;
    const name = inner.slice('#/$defs/'.length);
    return `#/components/schemas/${renamed.get(name) ?? name}`;
  });
  const rewritten: Schema = JSON.parse(text);
  return rewritten;
}
