import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';

/** How somebody showed who they are when a session began. */
export type Way = 'oidc' | 'password';

/** Where somebody comes from. */
export interface Visit {
  readonly ip: string;
  /** The program's own word for itself (User-Agent). */
  readonly agent: string;
}

/** A session that is open, as its owner sees it. */
export interface OpenSession extends Visit {
  readonly id: string;
  readonly way: Way;
  readonly createdAt: number;
  /** To about a minute. */
  readonly lastSeenAt: number;
  readonly expiresAt: number;
}

/** The sessions of people, beside better-auth, which opens and judges them: who has which, seen when, and their ends. */
export class Sessions {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;

  constructor({ db, clock }: { readonly db: DatabaseSync; readonly clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Open sessions of a person, the one seen last first. */
  list(person: string): readonly OpenSession[] {
    const now = this.#clock.now();
    return this.#db
      .prepare('SELECT * FROM session WHERE userId = ?')
      .all(person)
      .map(decode)
      .filter(({ expiresAt }) => expiresAt > now)
      .sort((a, b) => b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? -1 : 1));
  }

  /** It was used just now. Written down once a minute, so that reading costs no writing. */
  seen(id: string, lastSeenAt: number | null): void {
    const now = this.#clock.now();
    if (lastSeenAt !== null && now - lastSeenAt < limits.sessionSeenStepMs && now >= lastSeenAt) return;
    this.#db.prepare('UPDATE session SET lastSeenAt = ? WHERE id = ?').run(now, id);
  }

  /** Ends one session of this person; false when it is not theirs, or over. */
  end(person: string, id: string): boolean {
    return this.#db.prepare('DELETE FROM session WHERE userId = ? AND id = ?').run(person, id).changes > 0;
  }

  /** Ends all sessions of a person but one; returns which. */
  endAll(person: string, except: string | null = null): readonly string[] {
    return this.#db
      .prepare('DELETE FROM session WHERE userId = ? AND id IS NOT ? RETURNING id')
      .all(person, except)
      .map(({ id }) => String(id));
  }

  /** Makes room for one more: of many sessions those seen longest ago end. */
  trim(person: string): readonly string[] {
    const over = this.list(person).slice(limits.sessionsPerPersonMax - 1);
    for (const { id } of over) this.end(person, id);
    return over.map(({ id }) => id);
  }
}

function decode(row: Readonly<Record<string, unknown>>): OpenSession {
  const createdAt = instantOf(row['createdAt']);
  const seen = Number(row['lastSeenAt'] ?? 0);
  return {
    id: String(row['id']),
    ip: textOf(row['ipAddress']),
    agent: textOf(row['userAgent']),
    way: row['way'] === 'oidc' ? 'oidc' : 'password',
    createdAt,
    lastSeenAt: seen > 0 ? seen : createdAt,
    expiresAt: instantOf(row['expiresAt']),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Dates as better-auth writes them. */
function instantOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return value instanceof Date ? value.getTime() : Date.parse(textOf(value));
}
