/**
 * The audit log: who did what to what, from where and why, one row per action, chained per organization.
 *
 *   hash(n) = SHA-256(JSON of row n without its hash, which holds hash(n - 1))
 *
 * A row that is edited no longer has its hash; one that is removed, inserted or moved breaks the link or the numbering.
 * Whoever re-writes all rows behind an edit makes a whole chain again: only a head that was kept elsewhere shows that.
 */
import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '@statewire/protocol';
import type { From } from '../lib/principal.ts';

/** Who acts, as the commit takes it. A `Principal` is one; a text is a part of the server (`system`, `file`) or `kind:id`. */
export type Actor =
  | string
  | { readonly kind: string; readonly id: string; readonly name: string; readonly from?: From | undefined };

/** What a transaction says of itself. The commit adds who, when, from where, and the chain. */
export interface AuditEntry {
  /** `<collection or area>:<operation>`, as permissions are written: `services:change`, `keys:create`, `session:sign-in`. */
  readonly action: string;
  readonly target?: { readonly collection: string; readonly id: string } | null | undefined;
  /** The changed fields only. A secret is never here: its name is, with the value `changed`. */
  readonly before?: JsonObject | null | undefined;
  readonly after?: JsonObject | null | undefined;
  /** The caller's own reason. */
  readonly why?: string | null | undefined;
  /** `ok` (the default), or the code of the refusal. */
  readonly outcome?: string | undefined;
  /** Who acts, where that is not who writes: a summary of refusals is written by the server and about somebody. */
  readonly actor?: Actor | undefined;
}

/** A row as stored. Never changed; removed only from the front, by retention. */
export interface AuditRow {
  readonly org: string;
  /** 1, 2, 3, ... per organization, without gaps. */
  readonly seq: number;
  readonly at: number;
  /** The organization's version with this action in it. */
  readonly version: number;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly ip: string | null;
  readonly agent: string | null;
  readonly door: string | null;
  readonly action: string;
  readonly collection: string | null;
  readonly id: string | null;
  readonly outcome: string;
  /** JSON texts, as they were hashed. */
  readonly before: string | null;
  readonly after: string | null;
  readonly why: string | null;
  /** Hash of the row before; empty for the first of all. */
  readonly prev: string;
  readonly hash: string;
}

/** The end of a chain: whoever keeps it elsewhere can tell later that nothing before it was changed. */
export interface AuditHead {
  readonly org: string;
  readonly seq: number;
  readonly hash: string;
}

/** The row that retention leaves in the chain for everything up to `through` that it removes. */
export const ANCHOR = 'audit:sweep';

/** What an anchor says: everything up to `through`, whose hash this was, is gone by policy. */
export function anchorOf(row: Pick<AuditRow, 'after'>): { readonly through: number; readonly hash: string } | null {
  if (row.after === null) return null;
  const said: unknown = JSON.parse(row.after);
  if (typeof said !== 'object' || said === null || !('through' in said) || !('hash' in said)) return null;
  const { through, hash } = said;
  return typeof through === 'number' && typeof hash === 'string' ? { through, hash } : null;
}

/** The next row of a chain. */
export function auditRow(
  entry: AuditEntry,
  by: { readonly head: AuditHead; readonly at: number; readonly version: number; readonly actor: Actor },
): AuditRow {
  const { head, at, version } = by;
  const actor = actorOf(entry.actor ?? by.actor);
  const row = {
    org: head.org,
    seq: head.seq + 1,
    at,
    version,
    actorKind: actor.kind,
    actorId: cut(actor.id, NAME_MAX),
    actorName: cut(actor.name, NAME_MAX),
    ip: actor.from === undefined ? null : cut(actor.from.ip, NAME_MAX),
    agent: actor.from === undefined ? null : cut(actor.from.agent, NAME_MAX),
    door: actor.from?.door ?? null,
    action: cut(entry.action, NAME_MAX),
    collection: entry.target?.collection ?? null,
    id: entry.target === undefined || entry.target === null ? null : cut(entry.target.id, NAME_MAX),
    outcome: entry.outcome ?? 'ok',
    before: textOf(entry.before ?? null),
    after: textOf(entry.after ?? null),
    why: entry.why === undefined || entry.why === null ? null : cut(entry.why, WHY_MAX),
    prev: head.hash,
  };
  return { ...row, hash: auditHash(row) };
}

/** The hash that a row must have. */
export function auditHash(row: Omit<AuditRow, 'hash'>): string {
  // A list and not an object: the order is ours, and no name can be added or left out.
  const said = [
    FORMAT,
    row.org,
    row.seq,
    row.at,
    row.version,
    row.actorKind,
    row.actorId,
    row.actorName,
    row.ip,
    row.agent,
    row.door,
    row.action,
    row.collection,
    row.id,
    row.outcome,
    row.before,
    row.after,
    row.why,
    row.prev,
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url');
}

/** How an actor is named in the change log. */
export function actorText(actor: Actor): string {
  return typeof actor === 'string' ? actor : `${actor.kind}:${actor.id}`;
}

/** Longest reason that is kept, in characters. */
export const WHY_MAX = 1_000;
const NAME_MAX = 300;
/** Longest JSON text of what was before or after. */
const FIELDS_MAX = 16_384;
const FORMAT = 'statewire-audit-1';

function actorOf(actor: Actor): Exclude<Actor, string> {
  if (typeof actor !== 'string') return actor;
  const [, kind, id] = /^(key|token|user):(.+)$/su.exec(actor) ?? [];
  return kind === undefined || id === undefined ? { kind: 'server', id: actor, name: actor } : { kind, id, name: id };
}

/** Too much for a log is said to be so: the names of the fields stay. */
function textOf(fields: JsonObject | null): string | null {
  if (fields === null) return null;
  const text = JSON.stringify(fields);
  if (text.length <= FIELDS_MAX) return text;
  const short: Record<string, Json> = {};
  const each = Math.floor(FIELDS_MAX / Math.max(1, Object.keys(fields).length));
  for (const [name, value] of Object.entries(fields).slice(0, 200)) {
    const length = JSON.stringify(value).length;
    short[name.slice(0, 64)] = length <= Math.min(each / 2, 512) ? value : `(${length} characters, too long to keep)`;
  }
  return JSON.stringify(short);
}

function cut(text: string, max: number): string {
  // Half of a pair would not come back from the store as it went.
  return text.length <= max ? text.toWellFormed() : text.slice(0, max).toWellFormed();
}
