import type { DatabaseSync } from 'node:sqlite';

/**
 * Before 3.51.3 two connections that write or checkpoint at once can lose what was acknowledged (the WAL-reset bug).
 * We have a writer and a reader; an older SQLite must not touch the data.
 */
export const SQLITE_VERSION_MIN = '3.51.3';

/** Throws, with what to do, when this SQLite may not be used. */
export function assertSqliteVersion(db: DatabaseSync): void {
  const found = String(db.prepare('select sqlite_version() as version').get()?.['version']);
  if (isAtLeast(found, SQLITE_VERSION_MIN)) return;
  throw new Error(
    `SQLite ${found} is too old: versions before ${SQLITE_VERSION_MIN} can lose acknowledged writes. Run Statewire on Node 26 (or 24.15 and later).`,
  );
}

export function isAtLeast(version: string, min: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [i, wanted] of min.split('.').map(Number).entries()) {
    const part = parts[i] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
