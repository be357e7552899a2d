import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { ok, refuse, type Json, type Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import type { Vault } from '../../lib/vault.ts';
import { stepOfCode, toBase32 } from './totp.ts';

export interface SecondFactorsOptions {
  readonly db: DatabaseSync;
  readonly clock: Clock;
  readonly vault: Vault;
  /** It was turned on or off. */
  readonly onTurned?: ((person: string, isOn: boolean) => void) | undefined;
}

/** How somebody showed that they hold their second factor. */
export type Shown = 'code' | 'backup';

/**
 * The second factor of people: a secret that an authenticator app holds too, sealed; and ten codes for the day on which the
 * phone is lost, as hashes. A code counts once. Wrong ones are counted on the account, not on the attempt to sign in, so that
 * starting over gives nobody more tries.
 *
 * Set up (`begin`) it asks for nothing yet; the first right code (`confirm`) turns it on.
 */
export class SecondFactors {
  readonly #options: SecondFactorsOptions;

  constructor(options: SecondFactorsOptions) {
    this.#options = options;
    options.db.exec(`
      CREATE TABLE IF NOT EXISTS second_factor (
        person TEXT PRIMARY KEY REFERENCES user(id) ON DELETE CASCADE,
        secret TEXT NOT NULL, confirmed_at INTEGER, last_step INTEGER NOT NULL,
        failures INTEGER NOT NULL, locked_until INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS backup_code (
        person TEXT NOT NULL REFERENCES user(id) ON DELETE CASCADE, hash TEXT NOT NULL,
        PRIMARY KEY (person, hash)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS second_step (
        hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES user(id) ON DELETE CASCADE,
        tries_left INTEGER NOT NULL, expires_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`);
  }

  /** Is this person asked for a code? */
  isOn(person: string): boolean {
    return this.#read(person)?.confirmedAt != null;
  }

  /** Since when, and how many backup codes are left; null while it is off. */
  stateOf(person: string): { readonly since: number; readonly backupCodesLeft: number } | null {
    const since = this.#read(person)?.confirmedAt ?? null;
    if (since === null) return null;
    const row = this.#options.db.prepare('SELECT count(*) AS n FROM backup_code WHERE person = ?').get(person);
    return { since, backupCodesLeft: Number(row?.['n'] ?? 0) };
  }

  /** A new secret, in base32. Another one that was never confirmed is over. */
  begin(person: string): Result<string> {
    if (this.isOn(person))
      return refuse('exists', 'the second factor is on already; turn it off before you set up another');
    const secret = randomBytes(SECRET_BYTES);
    this.#options.db
      .prepare('INSERT OR REPLACE INTO second_factor VALUES (?, ?, NULL, -1, 0, 0)')
      .run(person, this.#seal(person, secret));
    return ok(toBase32(secret));
  }

  /** Turns it on with the first right code; returns the backup codes, which are never readable again. */
  confirm(person: string, code: string): Result<readonly string[]> {
    const found = this.#read(person);
    if (found === null)
      return refuse('not_found', 'no second factor is being set up; begin with POST /v1/session/second-factor');
    if (found.confirmedAt !== null) return refuse('exists', 'the second factor is on already');
    const shown = this.#showCode(person, found, code);
    if (!shown.ok) return shown;
    this.#options.db
      .prepare('UPDATE second_factor SET confirmed_at = ? WHERE person = ?')
      .run(this.#options.clock.now(), person);
    const codes = this.#issueBackupCodes(person);
    this.#options.onTurned?.(person, true);
    return ok(codes);
  }

  /** New backup codes; the old ones are over. */
  renewBackupCodes(person: string): readonly string[] {
    return this.#issueBackupCodes(person);
  }

  /** Takes a code of the app or a backup code, and uses it up. */
  show(person: string, given: string): Result<Shown> {
    const found = this.#read(person);
    if (found === null || found.confirmedAt === null) return refuse('not_found', 'this account has no second factor');
    const code = given.replaceAll(/[\s-]/gu, '').toUpperCase();
    if (/^\d+$/u.test(code)) {
      const shown = this.#showCode(person, found, code);
      return shown.ok ? ok('code') : shown;
    }
    const locked = this.#locked(found);
    if (locked !== null) return locked;
    const used = this.#options.db
      .prepare('DELETE FROM backup_code WHERE person = ? AND hash = ?')
      .run(person, hashOf(person, code));
    if (used.changes === 0) return this.#failed(person, found);
    this.#succeeded(person, found.lastStep);
    return ok('backup');
  }

  /** Removes it: nobody is asked for a code any more. */
  turnOff(person: string): void {
    this.#options.db.prepare('DELETE FROM second_factor WHERE person = ?').run(person);
    this.#options.db.prepare('DELETE FROM backup_code WHERE person = ?').run(person);
    this.#options.db.prepare('DELETE FROM second_step WHERE person = ?').run(person);
    this.#options.onTurned?.(person, false);
  }

  /** After the right password: a token that, with a code, signs in. Returned once, good for five minutes. */
  challenge(person: string): { readonly token: string; readonly expiresAt: number } {
    const { db, clock } = this.#options;
    const now = clock.now();
    const token = randomBytes(32).toString('base64url');
    const expiresAt = now + limits.secondStepMs;
    db.prepare('DELETE FROM second_step WHERE expires_at <= ?').run(now);
    // Of one person the newest few: who signs in on two devices at once is not thrown out of one of them.
    db.prepare(
      'DELETE FROM second_step WHERE person = ?1 AND hash NOT IN (SELECT hash FROM second_step WHERE person = ?1 ORDER BY expires_at DESC LIMIT ?2)',
    ).run(person, limits.secondStepsPerPersonMax - 1);
    db.prepare('INSERT INTO second_step VALUES (?, ?, ?, ?)').run(
      tokenHash(token),
      person,
      limits.secondStepTriesMax,
      expiresAt,
    );
    return { token, expiresAt };
  }

  /** The second step: whose sign-in this is, when the code is right. The token is over then, and after too many wrong codes. */
  answer(token: string, code: string): Result<{ readonly person: string; readonly shown: Shown }> {
    const { db, clock } = this.#options;
    // One statement takes a try: of many requests at once none is free.
    const row = db
      .prepare(
        'UPDATE second_step SET tries_left = tries_left - 1 WHERE hash = ? AND expires_at > ? AND tries_left > 0 RETURNING person',
      )
      .get(tokenHash(token), clock.now());
    const person = row?.['person'];
    if (typeof person !== 'string')
      return refuse('gone', 'this sign-in took too long or too many codes; start again with your password');
    const shown = this.show(person, code);
    if (!shown.ok) return shown;
    const left = db.prepare('DELETE FROM second_step WHERE hash = ?').run(tokenHash(token));
    return left.changes === 0
      ? refuse('gone', 'this sign-in was finished already')
      : ok({ person, shown: shown.value });
  }

  #showCode(person: string, found: Stored, code: string): Result<null> {
    const locked = this.#locked(found);
    if (locked !== null) return locked;
    const secret = this.#open(person, found.secret);
    if (!secret.ok) return secret;
    const step = stepOfCode(secret.value, code, { now: this.#options.clock.now(), after: found.lastStep });
    if (step === null) return this.#failed(person, found);
    // Whoever comes first has the code: the one before it in the same moment finds another `last_step`.
    return this.#succeeded(person, step, found.lastStep) ? ok(null) : wrongCode;
  }

  #locked({ lockedUntil }: Stored): Result<never> | null {
    const seconds = Math.ceil((lockedUntil - this.#options.clock.now()) / 1_000);
    if (seconds <= 0) return null;
    return refuse(
      'rate_limited',
      `too many wrong codes; wait ${seconds} s, or ask an admin to remove your second factor`,
    );
  }

  #failed(person: string, { failures }: Stored): Result<never> {
    const isTooMany = failures + 1 >= limits.secondFactorFailuresMax;
    this.#options.db
      .prepare('UPDATE second_factor SET failures = ?, locked_until = ? WHERE person = ?')
      .run(isTooMany ? 0 : failures + 1, isTooMany ? this.#options.clock.now() + limits.secondFactorLockMs : 0, person);
    return wrongCode;
  }

  #succeeded(person: string, step: number, before: number = step): boolean {
    return (
      this.#options.db
        .prepare(
          'UPDATE second_factor SET failures = 0, locked_until = 0, last_step = ? WHERE person = ? AND last_step = ?',
        )
        .run(step, person, before).changes === 1
    );
  }

  #issueBackupCodes(person: string): readonly string[] {
    const codes = Array.from({ length: BACKUP_CODES }, () => toBase32(randomBytes(BACKUP_CODE_BYTES)));
    const { db } = this.#options;
    db.exec('BEGIN IMMEDIATE');
    try {
      db.prepare('DELETE FROM backup_code WHERE person = ?').run(person);
      for (const code of codes) db.prepare('INSERT INTO backup_code VALUES (?, ?)').run(person, hashOf(person, code));
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
    return codes.map((code) => (code.match(/.{4}/gu) ?? []).join('-'));
  }

  #seal(person: string, secret: Buffer): string {
    return JSON.stringify(this.#options.vault.seal(placeOf(person), secret.toString('base64')));
  }

  #open(person: string, text: string): Result<Buffer> {
    const { vault, db } = this.#options;
    const sealed: Json = JSON.parse(text);
    const opened = vault.open(placeOf(person), sealed);
    if (!opened.ok || typeof opened.value !== 'string')
      return refuse(
        'unavailable',
        'the second factor cannot be read: the server has another secret key now. Use a backup code, or ask the operator to give the old key back',
      );
    const secret = Buffer.from(opened.value, 'base64');
    if (vault.isOld(sealed))
      db.prepare('UPDATE second_factor SET secret = ? WHERE person = ?').run(this.#seal(person, secret), person);
    return ok(secret);
  }

  #read(person: string): Stored | null {
    const row = this.#options.db.prepare('SELECT * FROM second_factor WHERE person = ?').get(person);
    if (row === undefined) return null;
    const { secret, confirmed_at: confirmedAt, last_step: lastStep, failures, locked_until: lockedUntil } = row;
    return {
      secret: String(secret),
      confirmedAt: confirmedAt === null ? null : Number(confirmedAt),
      lastStep: Number(lastStep),
      failures: Number(failures),
      lockedUntil: Number(lockedUntil),
    };
  }
}

interface Stored {
  readonly secret: string;
  readonly confirmedAt: number | null;
  readonly lastStep: number;
  readonly failures: number;
  readonly lockedUntil: number;
}

/** 160 bits, as RFC 4226 advises; 80 bits each, so that a stolen file of hashes helps nobody to guess them. */
const SECRET_BYTES = 20;
const BACKUP_CODE_BYTES = 10;
const BACKUP_CODES = 10;

const wrongCode = refuse(
  'auth_invalid',
  'the code is not right, or was used before; wait for the next one and check the clock of your phone',
);

function placeOf(person: string): { readonly org: string; readonly kind: string; readonly id: string } {
  return { org: 'main', kind: 'second-factor', id: person };
}

function hashOf(person: string, code: string): string {
  return createHash('sha256').update(`${person}\n${code}`, 'utf8').digest('hex');
}

function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}
