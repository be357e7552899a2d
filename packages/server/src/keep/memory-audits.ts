import { assert } from '@statewire/protocol';
import { ANCHOR, anchorOf, type AuditHead, type AuditRow } from './audit.ts';
import type { AuditPage, AuditQuery } from './store.ts';

/** The audit log of a store without a disk. */
export class MemoryAudits {
  readonly #orgs = new Map<string, AuditRow[]>();

  get heads(): readonly AuditHead[] {
    return [...this.#orgs.values()].flatMap((rows) => {
      const last = rows.at(-1);
      return last === undefined ? [] : [{ org: last.org, seq: last.seq, hash: last.hash }];
    });
  }

  /** Throws when rows do not go on where their chain ends; then nothing was taken. */
  check(rows: readonly AuditRow[]): void {
    const heads = new Map(this.heads.map((head) => [head.org, head]));
    for (const row of rows) {
      const head = heads.get(row.org);
      const goesOn = row.seq === (head?.seq ?? 0) + 1 && row.prev === (head?.hash ?? '');
      assert(goesOn, `audit row ${row.seq} of ${row.org} does not go on from ${head?.seq ?? 0}`);
      heads.set(row.org, row);
    }
  }

  add(rows: readonly AuditRow[]): void {
    for (const row of rows) {
      const of = this.#orgs.get(row.org) ?? [];
      of.push(row);
      this.#orgs.set(row.org, of);
    }
  }

  page(q: AuditQuery): AuditPage {
    const all = this.#orgs.get(q.org) ?? [];
    const isForward = q.after !== undefined;
    const found = (isForward ? all : all.toReversed()).filter((row) => fits(row, q));
    const rows = found.slice(0, Math.max(0, q.limit));
    return { rows, next: found.length > rows.length ? (rows.at(-1)?.seq ?? null) : null };
  }

  before(org: string, at: number): { readonly head: AuditHead; readonly rows: number } | null {
    const all = this.#orgs.get(org) ?? [];
    const young = all.findIndex((row) => row.at >= at);
    const old = all.slice(0, Math.min(young < 0 ? all.length : young, all.length - 1));
    const last = old.at(-1);
    if (last === undefined) return null;
    return {
      head: { org, seq: last.seq, hash: last.hash },
      rows: old.filter(({ action }) => action !== ANCHOR).length,
    };
  }

  sweep(org: string, through: number): number {
    const all = this.#orgs.get(org) ?? [];
    const kept = all.filter((row) => row.seq > through);
    assert(
      kept.some((row) => row.action === ANCHOR && anchorOf(row)?.through === through),
      `no row of the audit log of ${org} says that it begins behind ${through}`,
    );
    this.#orgs.set(org, kept);
    return all.length - kept.length;
  }
}

function fits(row: AuditRow, q: AuditQuery): boolean {
  const text = q.text?.toLowerCase();
  return (
    (q.before === undefined || row.seq < q.before) &&
    (q.after === undefined || row.seq > q.after) &&
    (q.actor === undefined || row.actorId === q.actor || row.actorName === q.actor) &&
    (q.action === undefined || row.action === q.action || row.action.startsWith(`${q.action}:`)) &&
    (q.collection === undefined || row.collection === q.collection) &&
    (q.id === undefined || row.id === q.id) &&
    (q.outcome === undefined || (q.outcome === 'refused' ? row.outcome !== 'ok' : row.outcome === q.outcome)) &&
    (q.from === undefined || row.at >= q.from) &&
    (q.to === undefined || row.at < q.to) &&
    (text === undefined || textsOf(row).some((part) => part?.toLowerCase().includes(text) === true))
  );
}

function textsOf(row: AuditRow): readonly (string | null)[] {
  const { actorId, actorName, ip, action, collection, id, outcome, before, after, why } = row;
  return [actorId, actorName, ip, action, collection, id, outcome, before, after, why];
}
