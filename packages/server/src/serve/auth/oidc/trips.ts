import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../../lib/clock.ts';
import { limits } from '../../../lib/limits.ts';

/** Somebody on the way to an identity provider and back: what must come back with them. */
export interface Trip {
  readonly provider: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where they wanted to go, a path of ours. */
  readonly to: string;
}

/** A trip that begins: what goes into the address, and what stays with the browser as a cookie. */
export interface Departure extends Pick<Trip, 'nonce'> {
  readonly state: string;
  /** SHA-256 of the verifier. */
  readonly challenge: string;
  readonly browser: string;
}

/**
 * Trips to identity providers, in the accounts file, so that a restart in between ends none. `state` finds one and is used up
 * by that; the cookie shows that it is the same browser which left: without it, somebody could be made to sign in as another.
 */
export class Trips {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;

  constructor({ db, clock }: { readonly db: DatabaseSync; readonly clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
    db.exec(`CREATE TABLE IF NOT EXISTS oidc_trip (
      hash TEXT PRIMARY KEY, provider TEXT NOT NULL, browser TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL,
      place TEXT NOT NULL, expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  depart({
    provider,
    to,
    browser = random(),
  }: Pick<Trip, 'provider' | 'to'> & { readonly browser?: string | undefined }): Departure {
    const now = this.#clock.now();
    const state = random();
    const nonce = random();
    const verifier = random();
    this.#db.prepare('DELETE FROM oidc_trip WHERE expires_at <= ?').run(now);
    // Anybody may set out: the oldest makes room.
    this.#db
      .prepare(
        'DELETE FROM oidc_trip WHERE hash IN (SELECT hash FROM oidc_trip ORDER BY expires_at DESC LIMIT -1 OFFSET ?)',
      )
      .run(limits.oidcTripsMax - 1);
    this.#db
      .prepare('INSERT INTO oidc_trip VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(sha256(state, 'hex'), provider, sha256(browser, 'hex'), nonce, verifier, to, now + limits.oidcTripMs);
    return { state, nonce, browser, challenge: sha256(verifier, 'base64url') };
  }

  /** The trip that this state and this browser belong to; it is over with that, also when the browser is another. */
  arrive(state: string, browser: string | null): Trip | null {
    const row = this.#db
      .prepare('DELETE FROM oidc_trip WHERE hash = ? AND expires_at > ? RETURNING *')
      .get(sha256(state, 'hex'), this.#clock.now());
    if (row === undefined || browser === null) return null;
    const expected = Buffer.from(String(row['browser']));
    if (!timingSafeEqual(expected, Buffer.from(sha256(browser, 'hex')))) return null;
    return {
      provider: String(row['provider']),
      nonce: String(row['nonce']),
      verifier: String(row['verifier']),
      to: String(row['place']),
    };
  }
}

/** 256 bits, which is also the least that a verifier may have in characters. */
function random(): string {
  return randomBytes(32).toString('base64url');
}

function sha256(text: string, as: 'base64url' | 'hex'): string {
  return createHash('sha256').update(text, 'utf8').digest(as);
}
