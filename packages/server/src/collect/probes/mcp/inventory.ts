import { createHash } from 'node:crypto';
import { ok, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { McpInfo } from '@statewire/model';
import type { Budget } from '../../egress/budget.ts';
import { fail, type Fault } from '../../egress/fault.ts';
import { isObject, type Inventory, type Tool } from '../probe.ts';
import type { Manner } from './rpc.ts';
import type { Wire } from './wire.ts';

/** Lists all tools, page by page, within bounds on pages and bytes. */
export async function listTools(
  wire: Wire,
  manner: Manner,
  budget: Budget,
  bounds: { readonly now: number; readonly pagesMax: number; readonly bytesMax: number },
): Promise<Result<Inventory, Fault>> {
  const tools: Tool[] = [];
  let bytes = 0;
  let cursor: string | null = null;
  for (let page = 0; page < bounds.pagesMax; page += 1) {
    const asked: Awaited<ReturnType<Wire['ask']>> = await wire.ask({
      method: 'tools/list',
      params: cursor === null ? {} : { cursor },
      manner,
      budget,
    });
    if (!asked.ok) return asked;
    const { reply } = asked.value;
    if (reply.is === 'error') return fail('rpc_error', `The server answers tools/list with error ${reply.code}.`);
    const list = reply.result['tools'];
    if (!Array.isArray(list)) return fail('bad_payload', 'The answer to tools/list holds no list of tools.');
    for (const entry of list) {
      const tool = toolOf(entry);
      if (tool === null) return fail('bad_payload', 'The answer to tools/list holds an entry that is no tool.');
      bytes += tool.bytes;
      if (bytes > bounds.bytesMax) return tooLarge(`more than ${bounds.bytesMax} bytes`);
      tools.push(tool.tool);
    }
    const next = reply.result['nextCursor'];
    if (typeof next !== 'string' || next === '') return ok(inventoryOf(tools, bounds.now, manner.era));
    cursor = next;
  }
  return tooLarge(`more than ${bounds.pagesMax} pages`);
}

/**
 * What changed since a person accepted the tools: names added, removed, and changed in anything the server
 * says about them. Null when there is nothing to compare with, or when the baseline is of another era: a
 * server describes the same tools differently in each.
 */
export function drift(accepted: Inventory | null, current: Inventory): McpInfo['drift'] {
  if (accepted === null || accepted.era !== current.era) return null;
  const before = new Map(accepted.tools.map((tool) => [tool.name, tool.hash]));
  const after = new Map(current.tools.map((tool) => [tool.name, tool.hash]));
  return {
    added: shown([...after.keys()].filter((name) => !before.has(name))),
    removed: shown([...before.keys()].filter((name) => !after.has(name))),
    changed: shown(
      [...after].filter(([name, hash]) => before.has(name) && before.get(name) !== hash).map(([name]) => name),
    ),
  };
}

/** Names for people, bounded: they stand in the record, and one that grows too large could not be written any more. */
function shown(names: readonly string[]): readonly string[] {
  const first = names
    .toSorted()
    .slice(0, DRIFT_NAMES_MAX)
    .map((name) => name.slice(0, DRIFT_NAME_LENGTH_MAX).replaceAll(/\p{Cc}/gu, ' '));
  return names.length > first.length ? [...first, `... and ${names.length - first.length} more`] : first;
}

/** JSON with sorted keys, so that the same meaning has the same text; null beyond `DEPTH_MAX` levels. */
export function canonical(value: Json | undefined, depth = 0): string | null {
  if (depth > DEPTH_MAX) return null;
  if (Array.isArray(value)) {
    const parts = value.map((entry: Json) => canonical(entry, depth + 1));
    return parts.includes(null) ? null : `[${parts.join(',')}]`;
  }
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const parts: string[] = [];
  for (const key of Object.keys(value).toSorted()) {
    const text = canonical(value[key], depth + 1);
    if (text === null) return null;
    parts.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${parts.join(',')}}`;
}

function toolOf(entry: Json): { readonly tool: Tool; readonly bytes: number } | null {
  if (!isObject(entry)) return null;
  const { name, title, description } = entry;
  if (typeof name !== 'string') return null;
  const said: JsonObject = {
    name,
    title: title ?? null,
    description: description ?? null,
    inputSchema: entry['inputSchema'] ?? null,
    outputSchema: entry['outputSchema'] ?? null,
    annotations: entry['annotations'] ?? null,
  };
  const text = canonical(said);
  if (text === null) return null;
  const tool = {
    name,
    title: typeof title === 'string' ? title : '',
    description: typeof description === 'string' ? description : '',
    hash: sha256(text),
    inputSchema: entry['inputSchema'] ?? null,
  };
  return { tool, bytes: Buffer.byteLength(text) };
}

function inventoryOf(tools: readonly Tool[], at: number, era: 'modern' | 'legacy'): Inventory {
  // Servers may list in any order; the fingerprint must not care.
  const sorted = tools.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { at, era, fingerprint: sha256(sorted.map((tool) => `${tool.name}\n${tool.hash}`).join('\n')), tools: sorted };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function tooLarge(what: string): Result<never, Fault> {
  return fail('too_large', `The list of tools is too large to read: ${what}.`);
}

const DEPTH_MAX = 64;
const DRIFT_NAMES_MAX = 50;
const DRIFT_NAME_LENGTH_MAX = 64;
