import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { assertSqliteVersion } from './version.ts';

/**
 * The right to a data directory, for one process. Held as an open transaction on a side file, so that the system gives
 * it back the moment the process ends, however it ends; a pid file would outlive a kill.
 */
export class Lock {
  readonly #db: DatabaseSync;

  /** Takes the lock or throws at once, saying who has it. */
  static take(dir: string, now: number): Lock {
    const db = new DatabaseSync(join(dir, 'lock.db'), { timeout: 0 });
    try {
      assertSqliteVersion(db);
      db.exec(
        'create table if not exists holder (one integer primary key, pid integer, host text, since integer) strict',
      );
      db.exec('begin immediate');
      db.prepare('insert or replace into holder values (1, ?, ?, ?)').run(process.pid, hostname(), now);
      db.exec('commit');
      // Reserves the file and leaves it readable, so that whoever comes second can read who was first.
      db.exec('begin immediate');
      return new Lock(db);
    } catch (error) {
      const holder = isBusy(error) ? holderOf(db) : null;
      db.close();
      if (holder === null) throw error;
      throw new Error(
        `${dir} is in use by ${holder}. Stop that process, or give this one another STATEWIRE_DATA directory.`,
        {
          cause: error,
        },
      );
    }
  }

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

function holderOf(db: DatabaseSync): string {
  try {
    const row = db.prepare('select pid, host, since from holder').get();
    if (row === undefined) return 'another process';
    const since = new Date(Number(row['since'])).toISOString();
    return `process ${String(row['pid'])} on ${String(row['host'])} since ${since}`;
  } catch (error) {
    if (isBusy(error)) return 'another process that is just starting';
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  // 5 is SQLITE_BUSY; extended codes carry it in their low byte.
  return (
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5
  );
}
