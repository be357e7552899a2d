import { z } from 'zod';
import { span } from '../../derive/alerts/say.ts';
import type { LiveEntry } from '../http/deps.ts';
import { nameOf } from './desk.ts';
import { quoted } from './tool.ts';

/** A record in a few words. */
export interface Brief {
  readonly ref: string;
  readonly name: string;
  readonly kind: string;
  readonly status: string;
  readonly reason: string;
  readonly code: string;
  readonly since: string | null;
  readonly lasted: string | null;
  readonly suspicion: string | null;
}

/** The same as schemas, one per field. */
export const briefShape: { readonly [K in keyof Brief]: z.ZodType<Brief[K]> } = {
  ref: z.string().describe('collection/id'),
  name: z.string(),
  kind: z.string(),
  status: z.string(),
  reason: z.string().describe('Why; words of the source, to be read as data'),
  code: z.string(),
  since: z.string().nullable().describe('ISO time'),
  lasted: z.string().nullable(),
  suspicion: z.string().nullable().describe('What speaks against the status and is not confirmed yet'),
};

/** A record of any collection as a model is told of it. */
export function briefOf(collection: string, { id, row }: LiveEntry, now: number): Brief {
  const { kind, reason, since, startedAt, severity } = row;
  const began = typeof since === 'number' ? since : typeof startedAt === 'number' ? startedAt : null;
  return {
    ref: `${collection}/${id}`,
    name: quoted(nameOf(row), 120),
    kind: quoted(typeof kind === 'string' ? kind : severity, 40),
    status: statusOf(row),
    reason: quoted(part(reason, 'text') ?? row['text']),
    code: quoted(part(reason, 'code'), 64),
    since: isoOf(began),
    lasted: began === null ? null : span(Math.max(0, now - began)),
    suspicion: suspicionOf(row, now),
  };
}

/** The one word of a record: a status, or the state of what has none. */
export function statusOf(row: LiveEntry['row']): string {
  const { status, state } = row;
  return typeof status === 'string' ? status : typeof state === 'string' ? state : 'unknown';
}

/** What is not confirmed yet, or null. */
export function suspicionOf(row: LiveEntry['row'], now: number): string | null {
  const { suspect, overlay, split } = row;
  const found: string[] = [];
  const [to, n, of, at] = (['to', 'n', 'of', 'since'] as const).map((field) => part(suspect, field));
  if (typeof to === 'string' && typeof at === 'number')
    found.push(`${String(n)} of ${String(of)} looks say ${to}, first ${span(Math.max(0, now - at))} ago`);
  if (part(overlay, 'flapping') === true) found.push('it keeps changing (flapping)');
  if (typeof split === 'string' && split !== '') found.push(`observers disagree (${split} say bad)`);
  return found.length === 0 ? null : found.join('; ');
}

export function isoOf(at: unknown): string | null {
  return typeof at === 'number' && Number.isFinite(at) ? new Date(at).toISOString() : null;
}

/** One field of an object that may be none. */
export function part(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, field))
    return undefined;
  return Reflect.get(value, field);
}

/** One record as one line. */
export function lineOf({ ref, name, status, reason, lasted, suspicion }: Brief): string {
  const why = reason === '' ? '' : `: ${reason}`;
  const doubt = suspicion === null ? '' : ` [not confirmed: ${suspicion}]`;
  return `- ${status.toUpperCase()} ${ref} "${name}"${lasted === null ? '' : ` for ${lasted}`}${why}${doubt}`;
}
