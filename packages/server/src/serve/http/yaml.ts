import {
  checkDefaults,
  explain,
  serviceCreateSchema,
  serviceKindSchema,
  type CheckSettings,
  type ServiceCreate,
  type ServiceKind,
} from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { isNestedDeeper } from '../../lib/yaml-nesting.ts';
import { readJson, readText } from './body.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, rawHeadersOf, route, type Call, type Route } from './router.ts';
import { answersOf, asObject, idOf } from './shapes.ts';

/** Services as a YAML file: out for backups and reviews, in for many at once. */
export function yamlRoutes(deps: HttpDeps): readonly Route[] {
  return [exportRoute(deps), importRoute(deps)];
}

function exportRoute({ live }: HttpDeps): Route {
  return route({
    method: 'GET',
    path: '/v1/export/services.yaml',
    access: 'config:read',
    tag: 'services',
    summary: 'All services with their checks as YAML; secret headers are left out',
    answers: { 200: { description: 'What POST /v1/import/services reads', type: 'application/yaml' } },
    handle: ({ principal }) => {
      const services = [...live.entries(principal.org, 'services')]
        .sort((a, b) => a.rid - b.rid)
        .map((entry) => serviceInFile(entry.row, live.get(principal.org, 'checks', entry.id)?.row ?? null));
      const text = `# Statewire services. Secret header values are not exported; set them again after an import elsewhere.\n${stringify({ services }, { lineWidth: 120 })}`;
      return new Response(text, {
        headers: {
          'content-type': 'application/yaml',
          'content-disposition': 'attachment; filename="services.yaml"',
          'cache-control': 'no-store',
        },
      });
    },
  });
}

/** A service with its check as a file says it: only what differs from the defaults, which is what somebody decided. */
export function serviceInFile(service: JsonObject, check: JsonObject | null): JsonObject {
  const shown: Record<string, Json> = {};
  for (const field of ['id', 'name', 'kind', 'target', 'description', 'group', 'labels']) {
    const value = service[field] ?? '';
    if (value !== '' && JSON.stringify(value) !== '{}') shown[field] = value;
  }
  if (JSON.stringify(service['dependsOn'] ?? []) !== '[]') shown['dependsOn'] = service['dependsOn'] ?? [];
  const members = service['members'] ?? null;
  if (members !== null) shown['members'] = members;
  const fusion = service['fusion'] ?? null;
  if (isFusion(fusion) && fusion['rule'] !== 'majority') shown['fusion'] = fusion;
  const kind = serviceKindSchema.safeParse(service['kind']);
  if (check === null || !kind.success) return shown;
  const settings: Record<string, Json> = {};
  for (const [key, value] of Object.entries(defaultsOf(kind.data, check))) {
    const set = check[key];
    if (set !== undefined && set !== null && JSON.stringify(set) !== JSON.stringify(value)) settings[key] = set;
  }
  if (Object.keys(settings).length > 0) shown['check'] = settings;
  return shown;
}

function isFusion(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Some defaults follow from others: how late a heartbeat may be depends on how often it comes. */
function defaultsOf(kind: ServiceKind, { intervalMs, timeoutMs }: JsonObject): CheckSettings {
  const plain = checkDefaults(kind);
  const given = {
    intervalMs: typeof intervalMs === 'number' ? intervalMs : plain.intervalMs,
    timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : plain.timeoutMs,
  };
  return { ...checkDefaults(kind, given), intervalMs: plain.intervalMs, timeoutMs: plain.timeoutMs };
}

const lineSchema = z.object({
  line: z.int(),
  id: z.string(),
  action: z.enum(['create', 'update']),
  ok: z.boolean(),
  version: z.int().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
});

function importRoute(deps: HttpDeps): Route {
  return route({
    method: 'POST',
    path: '/v1/import/services',
    access: 'config:change',
    tag: 'services',
    raw: ['application/yaml'],
    summary: 'Creates and updates services from YAML; all lines are checked before anything is written',
    query: z.strictObject({
      dry_run: z.enum(['0', '1', 'true', 'false']).default('0').meta({ description: '1: only say what would happen' }),
    }),
    answers: {
      ...answersOf('bad_field', 'bad_request', 'too_large', 'unsupported'),
      200: {
        description: 'One line per service. The body is YAML (application/yaml), or JSON {yaml}',
        schema: z.object({ dryRun: z.boolean(), lines: z.array(lineSchema) }),
      },
    },
    handle: async (call) => {
      const text = await readYaml(deps, call);
      const { jsonDepthMax } = deps.limits;
      if (isNestedDeeper(text, jsonDepthMax))
        throw refused([
          { line: 1, path: '', message: `found more than ${jsonDepthMax} levels, expected flatter YAML` },
        ]);
      const wanted = readServices(text);
      const planned = wanted.map(({ line, service }) => {
        const id = service.id ?? '';
        return {
          line,
          id,
          service,
          action:
            id !== '' && deps.live.get(call.principal.org, 'services', id) !== null
              ? ('update' as const)
              : ('create' as const),
        };
      });
      const dryRun = call.query.dry_run === '1' || call.query.dry_run === 'true';
      if (dryRun)
        return json({ dryRun, lines: planned.map(({ line, id, action }) => ({ line, id, action, ok: true })) });
      const lines = await Promise.all(
        planned.map(async ({ line, id, action, service }) => {
          const { id: _, kind: __, ...patch } = service;
          const fields = asObject(action === 'create' ? service : patch);
          const result = await deps.mutate(call.principal, {
            collection: 'services',
            id,
            op: action === 'create' ? 'create' : 'patch',
            fields,
          });
          if (!result.ok) return { line, id, action, ok: false, code: result.code, message: result.message };
          return { line, id: idOf(result.value.value) ?? id, action, ok: true, version: result.value.version };
        }),
      );
      return json({ dryRun, lines });
    },
  });
}

async function readYaml(deps: HttpDeps, { context }: Pick<Call<unknown, unknown>, 'context'>): Promise<string> {
  const type = context.req.header('content-type') ?? '';
  if (/^(?:application|text)\/(?:x-)?yaml(?: ?; ?charset=utf-8)?$/iu.test(type))
    return readText(context.req.raw, deps.limits.bodyBytesMax);
  const body = z
    .strictObject({ yaml: z.string() })
    .safeParse(await readJson(context.req.raw, deps.limits, rawHeadersOf(context)));
  if (!body.success)
    throw new RefusedError({
      code: 'bad_field',
      message: explain(body.error),
      expected: '{"yaml": "..."}, or YAML as application/yaml',
    });
  return body.data.yaml;
}

const SERVICES_MAX = 1_000;

/** Everything that is wrong, with its line, or every service with its line. */
function readServices(text: string): readonly { readonly line: number; readonly service: ServiceCreate }[] {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const errors = doc.errors
    .slice(0, 20)
    .map((error) => ({ line: lines.linePos(error.pos[0]).line, path: '', message: error.message }));
  if (errors.length > 0) throw refused(errors);
  const list = isMap(doc.contents) ? doc.get('services', true) : doc.contents;
  if (!isSeq(list))
    throw refused([
      { line: 1, path: 'services', message: 'expected a list of services, or a map with the key services' },
    ]);
  if (list.items.length > SERVICES_MAX)
    throw refused([
      {
        line: 1,
        path: 'services',
        message: `found ${list.items.length} services, expected at most ${SERVICES_MAX} at once`,
      },
    ]);
  const found: { line: number; service: ServiceCreate }[] = [];
  const seen = new Map<string, number>();
  for (const [index, item] of list.items.entries()) {
    const line = lineOf(item, lines);
    const value = toPlain(item, doc);
    const parsed = serviceCreateSchema.safeParse(value);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        const node = isNode(item) && isMap(item) && issue.path.length > 0 ? item.getIn(issue.path, true) : item;
        errors.push({
          line: isNode(node) ? lineOf(node, lines) : line,
          path: ['services', index, ...issue.path].map(String).join('.'),
          message: explain(new z.ZodError([issue]), value),
        });
      }
      continue;
    }
    const id = parsed.data.id;
    const first = id === undefined ? undefined : seen.get(id);
    if (id !== undefined && first !== undefined)
      errors.push({ line, path: `services.${index}.id`, message: `the id ${id} is used in line ${first} already` });
    if (id !== undefined) seen.set(id, line);
    found.push({ line, service: parsed.data });
  }
  if (errors.length > 0) throw refused(errors.slice(0, 100));
  return found;
}

function toPlain(item: unknown, doc: ReturnType<typeof parseDocument>): unknown {
  if (!isNode(item)) return item;
  try {
    return item.toJS(doc, { maxAliasCount: 100 });
  } catch (error) {
    // Too many aliases: a few lines that unfold into gigabytes.
    if (error instanceof ReferenceError) return null;
    throw error;
  }
}

function lineOf(node: unknown, lines: LineCounter): number {
  const at = isMap(node) ? node.items[0]?.key : node;
  const from = isScalar(at) || isNode(at) ? at.range?.[0] : undefined;
  return lines.linePos(from ?? 0).line;
}

function refused(
  errors: readonly { readonly line: number; readonly path: string; readonly message: string }[],
): RefusedError {
  const [first] = errors;
  return new RefusedError({
    code: 'bad_field',
    message:
      first === undefined
        ? 'the YAML is not right'
        : `line ${first.line}: ${first.message}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}`,
    do: 'correct the lines listed in errors; nothing was written',
    extra: { errors: errors.map((error) => ({ ...error })) },
  });
}
