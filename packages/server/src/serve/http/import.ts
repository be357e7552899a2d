import { randomBytes } from 'node:crypto';
import type { JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { readGatus } from '../import/gatus.ts';
import { readKuma } from '../import/kuma.ts';
import { parseFile } from '../import/parse.ts';
import { CONFIGURED, type ImportContext, type Item, type Plan } from '../import/plan.ts';
import { readStatewire } from '../import/statewire.ts';
import { assertMediaType, readText } from './body.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, rawHeadersOf, route, type Call, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

type Format = 'gatus' | 'statewire' | 'uptime-kuma';

const READERS: Readonly<Record<Format, (file: JsonObject, context: ImportContext) => Plan>> = {
  'uptime-kuma': readKuma,
  gatus: readGatus,
  statewire: readStatewire,
};

const TYPES = ['application/json', 'application/yaml', 'text/plain'];
const FILE_TYPES = /^(?:application\/(?:json|yaml)|text\/plain)(?: ?; ?charset="?utf-8"?)?$/iu;

/** Records written side by side: one batch of the writer takes them together. */
const AT_ONCE = 100;

const lineSchema = z.object({
  from: z.string(),
  collection: z.string(),
  id: z.string(),
  name: z.string(),
  action: z.enum(['create', 'update', 'keep']),
  ok: z.boolean(),
  message: z.string().optional(),
  notes: z.array(z.string()),
});

interface Line {
  readonly item: Item;
  readonly action: 'create' | 'keep' | 'update';
}

/** Takes over what another product watched: services with their checks, channels and maintenances. */
export function importRoutes(deps: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/import',
      access: 'config:change',
      tag: 'import',
      raw: TYPES,
      summary:
        'Takes services, channels and maintenances from a file of Uptime Kuma or Gatus, or everything that is configured from one of Statewire',
      query: z.strictObject({
        format: z.enum(['uptime-kuma', 'gatus', 'statewire']).meta({ description: 'Who wrote the file' }),
        dry_run: z
          .enum(['0', '1', 'true', 'false'])
          .default('0')
          .meta({ description: '1: only say what would happen' }),
      }),
      answers: {
        ...answersOf('bad_field', 'bad_request', 'too_large', 'unsupported'),
        200: {
          description: 'One line for each thing that is taken, and one for each that is left, with the reason',
          schema: z.object({
            dryRun: z.boolean(),
            taken: z.array(lineSchema),
            left: z.array(z.object({ from: z.string(), name: z.string(), reason: z.string(), do: z.string() })),
          }),
        },
      },
      handle: async (call) => {
        const { format, dry_run: dry } = call.query;
        const { limits, clock } = deps;
        assertMediaType(call.context.req.raw, rawHeadersOf(call.context), FILE_TYPES, TYPES.join(', '));
        const text = await readText(call.context.req.raw, limits.importBytesMax);
        const file = must(parseFile(text, limits));
        const context = {
          now: Math.floor(clock.now()),
          signingKey: () => `whsec_${randomBytes(32).toString('base64')}`,
        };
        const { items, left } = READERS[format](file, context);
        if (items.length > limits.importRecordsMax)
          throw new RefusedError({
            code: 'bad_field',
            message: `found ${items.length} records, expected at most ${limits.importRecordsMax} in one file`,
            do: 'split the file; records that were taken before are found again by their ids',
          });
        const dryRun = dry === '1' || dry === 'true';
        const lines = inOrder(items).map((item) => ({ item, action: actionOf(deps, call.principal.org, item) }));
        const taken = dryRun ? lines.map((line) => shown(line, { ok: true })) : await perform(deps, call, lines);
        return json({ dryRun, taken, left: left.map((each) => ({ ...each })) });
      },
    }),
  ];
}

/** What names others comes after them; groups name services. */
function inOrder(items: readonly Item[]): readonly Item[] {
  const rank = ({ collection, fields }: Item): number =>
    CONFIGURED.indexOf(collection) + (collection === 'services' && fields['kind'] === 'group' ? 0.5 : 0);
  return items.toSorted((a, b) => rank(a) - rank(b));
}

/** A maintenance that is there goes its own way: set again, its window would begin again. */
function actionOf({ live }: HttpDeps, org: string, { collection, id }: Item): Line['action'] {
  if (live.get(org, collection, id) === null) return 'create';
  return collection === 'maintenances' ? 'keep' : 'update';
}

async function perform(
  deps: HttpDeps,
  { principal }: Pick<Call<unknown, unknown>, 'principal'>,
  lines: readonly Line[],
): Promise<readonly JsonObject[]> {
  const results: JsonObject[] = [];
  const one = async (line: Line): Promise<JsonObject> => {
    const { item, action } = line;
    const { collection, id } = item;
    if (action === 'keep') return shown(line, { ok: true });
    const { kind, ...patch } = item.fields;
    if (action === 'update') {
      const known = deps.live.get(principal.org, collection, id)?.row['kind'];
      if (known !== kind)
        return shown(line, {
          ok: false,
          message: `${collection}/${id} is of kind ${typeof known === 'string' ? known : 'another'} here; delete it first`,
        });
    }
    const fields = action === 'create' ? { id, ...item.fields, ...item.born } : patch;
    const done = await deps.mutate(principal, { collection, id, op: action === 'create' ? 'create' : 'patch', fields });
    return shown(line, done.ok ? { ok: true } : { ok: false, message: done.message });
  };
  for (let at = 0; at < lines.length; at += AT_ONCE) {
    results.push(...(await Promise.all(lines.slice(at, at + AT_ONCE).map(one))));
  }
  return results;
}

function shown({ item, action }: Line, done: { readonly ok: boolean; readonly message?: string }): JsonObject {
  const { from, collection, id, name, notes } = item;
  return { from, collection, id, name, action, notes: [...notes], ...done };
}
