import { collectionOf } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import { stringify } from 'yaml';
import { ruleOf, shippedRules } from '../../derive/alerts/shipped.ts';
import { CONFIGURED, type Configured } from '../import/plan.ts';
import type { HttpDeps } from './deps.ts';
import { route, type Route } from './router.ts';
import { serviceInFile } from './yaml.ts';

const HEAD = `# The configuration of a Statewire organization, as POST /v1/import?format=statewire reads it.
# Secrets (of channels, of checks, of pages) are not in it, nor are the tokens of embeds. What came with the product and was not changed is left out.
`;

/** Everything that people configured, as one file: for backups, for reviews, and for a second server. */
export function configFileRoutes({ live }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/export/config.yaml',
      access: 'config:read',
      tag: 'import',
      summary: 'The whole configuration as one YAML file; secrets are left out',
      answers: { 200: { description: 'What POST /v1/import?format=statewire reads', type: 'application/yaml' } },
      handle: ({ principal: { org } }) => {
        const lists = CONFIGURED.map((collection) => {
          const rows = [...live.entries(org, collection)].toSorted((a, b) => a.rid - b.rid);
          return [
            collection,
            rows.flatMap(({ id, row }) =>
              collection === 'services'
                ? [serviceInFile(row, live.get(org, 'checks', id)?.row ?? null)]
                : isDecided(collection, row)
                  ? [inFile(collection, row)]
                  : [],
            ),
          ] as const;
        });
        const file = Object.fromEntries(lists.filter(([, records]) => records.length > 0));
        return new Response(`${HEAD}${stringify(file, { lineWidth: 120 })}`, {
          headers: {
            'content-type': 'application/yaml',
            'content-disposition': 'attachment; filename="statewire.yaml"',
            'cache-control': 'no-store',
          },
        });
      },
    }),
  ];
}

/** Is it something somebody decided and that still counts? */
function isDecided(collection: Configured, row: JsonObject): boolean {
  // A window that has passed is history.
  if (collection === 'maintenances') return row['state'] === 'scheduled' || row['state'] === 'active';
  const shipped = collection === 'rules' ? shippedRules.find(({ id }) => id === row['builtin']) : undefined;
  return (
    shipped === undefined ||
    text(inFile(collection, row)) !== text({ id: row['id'], ...told(collection, ruleOf(shipped)) })
  );
}

/** A record as the body that would make it again. */
function inFile(collection: Configured, row: JsonObject): JsonObject {
  return { id: row['id'] ?? '', ...told(collection, row) };
}

/** What callers say of a record, without what is empty. The names of a channel's secrets are no secrets, and no settings either. */
function told(collection: Configured, row: JsonObject): JsonObject {
  const told: Record<string, Json> = {};
  for (const field of collectionOf(collection)?.owns.api ?? []) {
    const value = row[field] ?? null;
    const isSaid = value !== null && value !== '' && text(value) !== '{}';
    if (isSaid && !(collection === 'channels' && field === 'secrets')) told[field] = value;
  }
  if (collection === 'channels') told['kind'] = row['kind'] ?? '';
  return told;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
