import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** A role that every organization has, or the id of one of its own. */
export type Role = string;

/** What a one-time link is for. */
export interface Link {
  /** `welcome` makes the first admin, `invite` another person, `reset` sets a new password. */
  readonly kind: 'invite' | 'reset' | 'welcome';
  /** The address an invitation is bound to; empty for a welcome link. */
  readonly email: string;
  readonly org: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/**
 * One-time links: 256-bit tokens of which only the SHA-256 is stored. `take` deletes and returns in one statement,
 * so that of many requests with the same token exactly one gets it.
 */
export class Links {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(`CREATE TABLE IF NOT EXISTS one_time_link (
      hash TEXT PRIMARY KEY, kind TEXT NOT NULL, email TEXT NOT NULL, org TEXT NOT NULL, role TEXT NOT NULL,
      created_by TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** Stores a link and returns its token, which is never readable again. A newer link replaces an older one of the same kind and address. */
  issue(link: Link): string {
    const token = randomBytes(32).toString('base64url');
    this.#db
      .prepare('DELETE FROM one_time_link WHERE expires_at <= ? OR (kind = ? AND org = ? AND email = ?)')
      .run(link.createdAt, link.kind, link.org, link.email);
    this.#db
      .prepare('INSERT INTO one_time_link VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(hashOf(token), link.kind, link.email, link.org, link.role, link.createdBy, link.createdAt, link.expiresAt);
    return token;
  }

  /** What a token is for, without using it up; null when unknown, used or over. */
  peek(token: string, now: number): Link | null {
    return decode(
      this.#db.prepare('SELECT * FROM one_time_link WHERE hash = ? AND expires_at > ?').get(hashOf(token), now),
    );
  }

  /** Uses a token up. */
  take(token: string, now: number): Link | null {
    return decode(
      this.#db
        .prepare('DELETE FROM one_time_link WHERE hash = ? AND expires_at > ? RETURNING *')
        .get(hashOf(token), now),
    );
  }

  /** Puts a taken link back, when what it was taken for failed. */
  restore(token: string, link: Link): void {
    this.#db
      .prepare('INSERT OR IGNORE INTO one_time_link VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(hashOf(token), link.kind, link.email, link.org, link.role, link.createdBy, link.createdAt, link.expiresAt);
  }

  /** Open invitations of an organization. */
  invites(org: string, now: number): readonly Link[] {
    return this.#db
      .prepare(
        "SELECT * FROM one_time_link WHERE kind = 'invite' AND org = ? AND expires_at > ? ORDER BY created_at DESC",
      )
      .all(org, now)
      .map(decode)
      .filter((link) => link !== null);
  }

  /** Open invitations for this address, newest first, one of each organization. */
  invitesFor(email: string, now: number): readonly Link[] {
    return this.#db
      .prepare(
        "SELECT * FROM one_time_link WHERE kind = 'invite' AND email = ? AND expires_at > ? ORDER BY created_at DESC",
      )
      .all(email, now)
      .map(decode)
      .filter((link) => link !== null);
  }

  /** None of an organization's links count any more. */
  end(org: string): void {
    this.#db.prepare('DELETE FROM one_time_link WHERE org = ?').run(org);
  }

  /** An open invitation for this address, of whichever organization: used up by this. */
  takeInvite(email: string, now: number): Link | null {
    return decode(
      this.#db
        .prepare(
          "DELETE FROM one_time_link WHERE hash = (SELECT hash FROM one_time_link WHERE kind = 'invite' AND email = ? AND expires_at > ? ORDER BY created_at DESC LIMIT 1) RETURNING *",
        )
        .get(email, now),
    );
  }

  /** Takes an invitation back; true when there was one. */
  withdraw(org: string, email: string): boolean {
    return (
      this.#db.prepare("DELETE FROM one_time_link WHERE kind = 'invite' AND org = ? AND email = ?").run(org, email)
        .changes > 0
    );
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

function decode(row: Record<string, unknown> | undefined): Link | null {
  if (row === undefined) return null;
  const { kind, email, org, role, created_by: createdBy, created_at: createdAt, expires_at: expiresAt } = row;
  if (kind !== 'welcome' && kind !== 'invite' && kind !== 'reset') return null;
  if (typeof role !== 'string' || role === '') return null;
  return {
    kind,
    role,
    email: String(email),
    org: String(org),
    createdBy: String(createdBy),
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
  };
}
