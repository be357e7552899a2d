import { collectionOf, readReport, type ReadReport } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { CollectionOf } from '../../lib/catalog.ts';
import type { Mappings, Normal } from '../../derive/mapping.ts';

/** A report as it came in, read: its collection, its id and its checked fields. */
export interface Item extends ReadReport {
  /** Set by a mapping only: a report has no field for it. */
  readonly cancelRequested: boolean | undefined;
}

/**
 * Reads one report. Sources that speak their own words send `status`, and `mapping` to say whose words they are; both
 * are replaced by our fields before the collection's schema sees the report. What the report says in our own fields
 * wins over what its word means.
 */
export function readItem(raw: unknown, mappings: Mappings, of: CollectionOf = collectionOf): Result<Item> {
  if (!isObject(raw) || isCustom(raw, of) || (raw['status'] === undefined && raw['mapping'] === undefined)) {
    const read = readReport(raw, of);
    return read.ok ? ok({ ...read.value, cancelRequested: undefined }) : read;
  }
  const { status, mapping, statusAgeMs, ...rest } = raw;
  const named = mapping ?? WORDS_OF[typeof rest['collection'] === 'string' ? rest['collection'] : ''];
  if (typeof status !== 'string' || status.length > 64) {
    return refuse('bad_field', 'status: expected a word of at most 64 characters, in the vocabulary of `mapping`');
  }
  if (typeof named !== 'string') {
    return refuse('bad_field', `mapping: found nothing, expected one of ${mappings.ids.join(', ')}`);
  }
  if (statusAgeMs !== undefined && !(typeof statusAgeMs === 'number' && statusAgeMs >= 0)) {
    return refuse('bad_field', 'statusAgeMs: expected milliseconds >= 0');
  }
  const normal = mappings.normalize(named, { code: status, ageMs: statusAgeMs });
  if (!normal.ok) return normal;
  const read = readReport({ ...fieldsOf(normal.value, kindOf(rest['collection'])), ...rest }, collectionOf);
  return read.ok ? ok({ ...read.value, cancelRequested: normal.value.cancelRequested }) : read;
}

/** Records of the app may have fields called as our words are; they mean what the app says. */
function isCustom({ collection }: Readonly<Record<string, unknown>>, of: CollectionOf): boolean {
  return typeof collection === 'string' && of(collection)?.custom !== undefined;
}

/** Whose words `status` speaks when the report does not say. */
const WORDS_OF: Readonly<Record<string, string | undefined>> = {
  services: 'up-words',
  connections: 'link-words',
  agents: 'agent-words',
};

/** The part of a meaning that records of this kind have fields for. */
function fieldsOf(normal: Normal, kind: 'status' | 'run'): Readonly<Record<string, unknown>> {
  const { health, phase, state, reason } = normal;
  const given: Record<string, unknown> = reason === undefined ? {} : { reason };
  if (kind === 'run') return state === undefined ? given : { ...given, state };
  if (health !== undefined) given['health'] = health;
  if (phase !== undefined) given['phase'] = phase;
  return given;
}

function kindOf(collection: unknown): 'status' | 'run' {
  return typeof collection === 'string' && collectionOf(collection)?.kind === 'run' ? 'run' : 'status';
}

function isObject(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
