import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { lacking, migrate } from './better-auth.ts';
import { createTables } from './tables.ts';

const options = { secret: 'x'.repeat(48), publicUrl: 'http://localhost:4800' };

/** Every table and index, columns and all, however the statement that made it was laid out. */
function shapeOf(db: DatabaseSync): readonly string[] {
  return db
    .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all()
    .map(({ sql }) => String(sql).toLowerCase().replaceAll(/\s+/gu, ' ').replaceAll('( ', '(').replaceAll(' )', ')'));
}

const never = (): Promise<void> => Promise.reject(new Error('the library was asked'));

test('a new file gets exactly the tables that the library would make, and lacks nothing of them', async () => {
  const ours = new DatabaseSync(':memory:');
  await createTables(ours, never);
  const theirs = new DatabaseSync(':memory:');
  await migrate(options, theirs);
  expect(shapeOf(ours)).toEqual(shapeOf(theirs));
  expect(shapeOf(ours)).toHaveLength(7);
  expect(await lacking(options, ours)).toBe(';');
});

test('a file that the library made is asked about once, and not again', async () => {
  const db = new DatabaseSync(':memory:');
  await migrate(options, db);
  db.exec('ALTER TABLE session DROP COLUMN way');
  const asked = vi.fn<() => Promise<void>>(() => migrate(options, db));
  await createTables(db, asked);
  await createTables(db, asked);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(shapeOf(db).join('\n')).toContain('"way" text');
});

test('a start that failed in the middle is made up for by the next one', async () => {
  const db = new DatabaseSync(':memory:');
  await migrate(options, db);
  await expect(createTables(db, never)).rejects.toThrow('the library was asked');
  await createTables(db, () => migrate(options, db));
  await createTables(db, never);
});
