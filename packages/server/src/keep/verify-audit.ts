/**
 * Is a chain of the audit log whole? Walks it from the front and compares every row with its own hash, with the row before
 * and with the mark of where the chain ends.
 *
 * What one look at a chain cannot see: rows that were taken away together with that mark, and a chain that was written
 * anew from some row on. A head that was kept elsewhere shows both.
 */
import { ANCHOR, anchorOf, auditHash, type AuditHead, type AuditRow } from './audit.ts';

/** One thing that is wrong. */
export interface AuditFlaw {
  readonly seq: number;
  readonly kind: 'edited' | 'head' | 'inserted' | 'missing' | 'moved' | 'unanchored';
  readonly text: string;
}

/** What was found of one organization's chain. */
export interface AuditVerdict {
  readonly org: string;
  readonly isWhole: boolean;
  /** The oldest row that is here, 0 when there is none. Those before it went by retention. */
  readonly from: number;
  /** Rows looked at. */
  readonly rows: number;
  /** Where the chain ends. */
  readonly head: AuditHead;
  /** The first of what is wrong, in order; at most `FLAWS_MAX`. */
  readonly flaws: readonly AuditFlaw[];
}

/** Rows of the log after one, oldest first. */
export type ReadAudits = (q: {
  readonly org: string;
  readonly after: number;
  readonly limit: number;
}) => Promise<readonly AuditRow[]>;

/** Walks the chain of an organization. `head`: what the store's own mark says; `kept`: one that somebody kept elsewhere. */
export async function verifyAudit(
  org: string,
  read: ReadAudits,
  { head, kept = null }: { readonly head: AuditHead | null; readonly kept?: string | null },
): Promise<AuditVerdict> {
  const walk = new Walk(org, kept);
  for (let after = 0; ;) {
    const rows = await read({ org, after, limit: SLICE_ROWS });
    for (const row of rows) walk.take(row);
    const last = rows.at(-1);
    // A forged number that does not go up must not have us read the same rows for ever.
    if (last === undefined || last.seq <= after) break;
    after = last.seq;
  }
  return walk.end(head);
}

/** How many flaws are named. One edit in front of a thousand rows is one flaw, not a thousand. */
export const FLAWS_MAX = 20;
const SLICE_ROWS = 500;

class Walk {
  readonly #org: string;
  readonly #kept: string | null;
  readonly #flaws: AuditFlaw[] = [];
  /** What anchors in the chain say of the rows before it. */
  readonly #anchors = new Map<number, string>();
  #first: AuditRow | null = null;
  #last: AuditRow | null = null;
  #rows = 0;
  #hasKept = false;
  /** Hashes of the rows that an anchor may speak of: those that are there although they may go. */
  readonly #hashes = new Map<number, string>();

  constructor(org: string, kept: string | null) {
    this.#org = org;
    this.#kept = kept;
  }

  take(row: AuditRow): void {
    this.#rows += 1;
    const last = this.#last;
    const isSound = auditHash(row) === row.hash;
    if (!isSound) {
      this.#flaw(row.seq, 'edited', `row ${row.seq} (${row.action}) is not what was written: its hash is another one`);
    }
    if (last === null) this.#first = row;
    else if (row.seq !== last.seq + 1) {
      const gone = row.seq === last.seq + 2 ? `row ${last.seq + 1} is` : `rows ${last.seq + 1} to ${row.seq - 1} are`;
      this.#flaw(last.seq + 1, 'missing', `${gone} missing`);
    } else if (row.prev !== last.hash) {
      this.#broken(row, last, isSound);
    }
    if (row.action === ANCHOR && isSound) {
      const anchor = anchorOf(row);
      if (anchor !== null) this.#anchors.set(anchor.through, anchor.hash);
    }
    if (row.hash === this.#kept) this.#hasKept = true;
    if (this.#hashes.size < HASHES_MAX) this.#hashes.set(row.seq, row.hash);
    this.#last = row;
  }

  end(head: AuditHead | null): AuditVerdict {
    const first = this.#first;
    const last = this.#last;
    this.#judgeFront();
    const seq = last?.seq ?? 0;
    if (head !== null && head.seq > seq) {
      const gone = head.seq === seq + 1 ? `row ${head.seq} is` : `rows ${seq + 1} to ${head.seq} are`;
      this.#flaw(seq + 1, 'missing', `${gone} missing at the end`);
    } else if (head !== null && head.seq < seq) {
      this.#flaw(
        head.seq + 1,
        'inserted',
        `the log ended with row ${head.seq}; what is behind it was added by somebody else`,
      );
    } else if (head !== null && last !== null && head.hash !== last.hash) {
      this.#flaw(seq, 'head', `row ${seq} is not the one that the log ended with`);
    } else if (head === null && last !== null) {
      this.#flaw(seq, 'head', 'the mark of where the log ends is missing');
    }
    if (this.#kept !== null && !this.#hasKept && ![...this.#anchors.values()].includes(this.#kept)) {
      this.#flaw(
        seq,
        'head',
        `no row has the hash ${this.#kept}: rows at the end were removed, or the log was written anew`,
      );
    }
    return {
      org: this.#org,
      isWhole: this.#flaws.length === 0,
      from: first?.seq ?? 0,
      rows: this.#rows,
      head: { org: this.#org, seq, hash: last?.hash ?? '' },
      flaws: this.#flaws.toSorted((a, b) => a.seq - b.seq),
    };
  }

  /** Two neighbours that do not fit each other, though the numbers do. */
  #broken(row: AuditRow, last: AuditRow, isSound: boolean): void {
    // Whoever edits a row and gives it a hash of its own leaves a sound row that its successor does not know.
    if (isSound && auditHash(last) === last.hash) {
      this.#flaw(
        last.seq,
        'moved',
        `row ${row.seq} does not follow row ${last.seq}: one of them was replaced, moved or inserted`,
      );
    } else if (isSound) {
      // The row before was named already.
      return;
    } else this.#flaw(row.seq, 'moved', `row ${row.seq} does not follow row ${last.seq}`);
  }

  /** A chain that does not begin with row 1 says itself why. */
  #judgeFront(): void {
    const first = this.#first;
    if (first === null) return;
    if (first.seq === 1) {
      if (first.prev !== '') this.#flaw(1, 'moved', 'row 1 is not the first that was written');
      return;
    }
    for (const [through, hash] of this.#anchors) {
      if (through === first.seq - 1 && hash === first.prev) return;
      // A sweep that is still under way, or was cut off: what is left of the front must be what the anchor spoke of.
      if (through >= first.seq && this.#hashes.get(through) === hash) return;
    }
    const gone = first.seq === 2 ? 'row 1 is' : `rows 1 to ${first.seq - 1} are`;
    this.#flaw(1, 'unanchored', `${gone} missing, and no row of the log says that they went by retention`);
  }

  #flaw(seq: number, kind: AuditFlaw['kind'], text: string): void {
    if (this.#flaws.length < FLAWS_MAX) this.#flaws.push({ seq, kind, text });
  }
}

/** Rows of a front that is being removed; a sweep goes to its end within seconds. */
const HASHES_MAX = 1_000_000;
