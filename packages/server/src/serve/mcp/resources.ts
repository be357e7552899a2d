import type { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { isForbiddenKey } from '@statewire/protocol';
import { recordText } from '../http/record-text.ts';
import { briefOf, lineOf } from './brief.ts';
import { nameOf, SUBJECTS, type Desk } from './desk.ts';
import { need, quoted } from './tool.ts';

/** Where a record lives for MCP clients. */
export function uriOf(collection: string, id: string): string {
  return `statewire://${collection}/${id}`;
}

/** Live records as resources: a template per collection, and what needs attention by name. */
export function registerResources(server: McpServer, desk: Desk, Template: typeof ResourceTemplate): void {
  for (const collection of SUBJECTS) {
    if (!desk.mayRead(collection)) continue;
    server.registerResource(
      collection,
      new Template(`statewire://${collection}/{id}`, {
        list: () => ({ resources: listed(desk, collection) }),
        complete: { id: (begun) => idsOf(desk, collection, begun) },
      }),
      {
        title: `One record of ${collection}`,
        description: `The whole live record of ${collection} as JSON`,
        mimeType: 'application/json',
      },
      (uri, { id }) => {
        const named = decoded(Array.isArray(id) ? id.join('/') : (id ?? ''));
        const entry = need(isForbiddenKey(named) ? desk.find(collection, '') : desk.find(collection, named));
        return { contents: [{ uri: uri.href, mimeType: 'application/json', text: recordText(entry, null) }] };
      },
    );
  }
}

/** A bounded list: services whole as far as it goes, of the rest what has not ended. */
function listed(
  desk: Desk,
  collection: string,
): { uri: string; name: string; description: string; mimeType: string }[] {
  const found: { uri: string; name: string; description: string; mimeType: string }[] = [];
  for (const entry of desk.entries(collection)) {
    if (found.length >= LISTED_MAX) break;
    const { row, id } = entry;
    if (typeof row['resolvedAt'] === 'number' || typeof row['endedAt'] === 'number') continue;
    found.push({
      uri: uriOf(collection, id),
      name: quoted(nameOf(row), 120) || id,
      description: lineOf(briefOf(collection, entry, desk.now)).slice(2),
      mimeType: 'application/json',
    });
  }
  return found;
}

function idsOf(desk: Desk, collection: string, begun: string): string[] {
  const ids: string[] = [];
  for (const { id } of desk.entries(collection)) {
    if (id.startsWith(begun)) ids.push(id);
    if (ids.length >= COMPLETED_MAX) break;
  }
  return ids;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}

/** Resources of one collection in a list; whatever else there is has its template. */
const LISTED_MAX = 100;
const COMPLETED_MAX = 50;
