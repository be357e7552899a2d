import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../lib/limits.ts';
import { testHistoryStore } from '../history-store.contract.ts';
import { batch, change, load, record, testStore, type StoreFixture } from '../store.contract.ts';
import { assertLocalFiles } from './file-system.ts';
import { migrate, schemaOf, STEPS } from './schema.ts';
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
import { isAtLeast, SQLITE_VERSION_MIN } from './version.ts';

const fixture = async (): Promise<StoreFixture> => {
  const dir = mkdtempSync(join(tmpdir(), 'statewire-store-'));
  const path = join(dir, 'data', 'statewire.db');
  return {
    open: async (limits) => new SqliteStore({ path, limits }),
    reopen: async (limits) => new SqliteStore({ path, limits }),
    dispose: async () => rmSync(dir, { recursive: true }),
  };
};

testStore('sqlite', fixture);
testHistoryStore('sqlite', fixture);

describe('sqlite', () => {
  let dir: string;
  let path: string;
  const stores: SqliteStore[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'statewire-sqlite-'));
    path = join(dir, 'statewire.db');
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    rmSync(dir, { recursive: true });
  });

  function make(options: Partial<SqliteStoreOptions> = {}): SqliteStore {
    const store = new SqliteStore({ path, ...options });
    stores.push(store);
    return store;
  }

  test('[CM16] a second store on the same directory is refused at once, saying who has it and what to do', async () => {
    const first = make();
    await first.open();
    const second = make();
    await expect(second.open()).rejects.toThrow(
      new RegExp(`${dir} is in use by process ${process.pid} on .+ since 2.+Z\\. Stop that process`),
    );
    // The first one did not notice.
    await first.commit(batch({ records: [record({ rid: 1, id: 'x' })], changes: [change(1, 'x')] }));
    await first.close();
    expect((await second.open()).orgs).toHaveLength(1);
  });

  test('[CM16] an SQLite that can lose acknowledged writes is refused', () => {
    expect(SQLITE_VERSION_MIN).toBe('3.51.3');
    const versions = ['3.51.3', '3.51.10', '3.52.0', '4.0.0', '3.53.4'];
    expect(versions.every((v) => isAtLeast(v, SQLITE_VERSION_MIN))).toBe(true);
    const bad = ['3.51.2', '3.51', '3.9.99', '3.50.7', '2.99.99', ''];
    expect(bad.some((v) => isAtLeast(v, SQLITE_VERSION_MIN))).toBe(false);
  });

  test('[CM16] a network file system is refused, a local one is not', () => {
    expect(() => assertLocalFiles(dir)).not.toThrow();
    expect(() => assertLocalFiles(dir, 0x6969)).toThrow('NFS, a network file system');
    expect(() => assertLocalFiles(dir, 0xff534d42)).toThrow('Use a local disk');
    expect(() => assertLocalFiles(dir, 0xef53)).not.toThrow();
  });

  test('[CM16] data of a later release is refused and left as it is', async () => {
    const store = make();
    await store.open();
    await store.close();
    const db = new DatabaseSync(path);
    db.exec("update meta set value = '999' where key = 'schema'");
    db.close();
    await expect(make().open()).rejects.toThrow(`the data has schema 999, this release knows ${STEPS.length}`);
    const after = new DatabaseSync(path);
    expect(schemaOf(after)).toBe(999);
    after.close();
  });

  test('[CM16] a file that is no database is refused, and the lock given back', async () => {
    writeFileSync(path, 'this is not a database, it is a text of some length that fills the header '.repeat(20));
    await expect(make().open()).rejects.toThrow('not a database');
    rmSync(path);
    await make().open();
  });

  test('[CM16] files are readable by their owner only', async () => {
    const store = make();
    await store.open();
    await store.commit(batch({ samples: [{ org: 'a', collection: 'things', id: 'x', at: 1, ms: 1, v: 'u' }] }));
    const modes = readdirSync(dir)
      .filter((name) => name.startsWith('statewire.db'))
      .map((name) => [name, statSync(join(dir, name)).mode & 0o077]);
    expect(modes).toEqual([
      ['statewire.db', 0],
      ['statewire.db-shm', 0],
      ['statewire.db-wal', 0],
    ]);
  });

  test('[CM17] steps of the schema run once each, and a step that fails leaves the one before', () => {
    const db = new DatabaseSync(path);
    const steps = ['create table one (a)', 'create table two (a)', 'create table two (a)', 'create table three (a)'];
    expect(() => migrate(db, steps)).toThrow('already exists');
    expect(schemaOf(db)).toBe(2);
    migrate(db, [...steps.slice(0, 2), 'create table fixed (a)']);
    migrate(db, [...steps.slice(0, 2), 'create table fixed (a)']);
    expect(schemaOf(db)).toBe(3);
    const tables = db.prepare("select name from sqlite_master where type = 'table' order by name").all();
    expect(tables.map((row) => row['name'])).toEqual(['fixed', 'meta', 'one', 'two']);
    db.close();
  });

  test('[CM17] an open that was killed between any two statements of the schema is finished by the next', async () => {
    // What a kill leaves: the file, perhaps in write-ahead mode, perhaps with the table of marks, never half a step.
    const leftovers = [
      '',
      'pragma journal_mode = wal',
      'create table meta (key text primary key, value text not null) strict, without rowid',
    ];
    for (const [i, sql] of leftovers.entries()) {
      mkdirSync(join(dir, `d${i}`));
      const file = join(dir, `d${i}`, 'statewire.db');
      const db = new DatabaseSync(file);
      db.exec(sql);
      db.close();
      const store = make({ path: file });
      expect((await store.open()).orgs).toEqual([]);
      await store.commit(batch({ records: [record({ rid: 1, id: 'x' })], changes: [change(1, 'x')] }));
    }
    expect(STEPS).toHaveLength(3);
  });

  test('[CM18] a copy made while writing goes on is whole, opens, and is another history', async () => {
    const store = make();
    const { epoch } = await store.open();
    let version = 0;
    const write = (): Promise<void> => {
      version += 1;
      return store.commit(
        batch({
          records: [record({ rid: version, id: `x${version}`, version })],
          changes: [change(version, `x${version}`)],
        }),
      );
    };
    for (let i = 0; i < 50; i++) await write();
    const target = join(dir, 'backups', 'copy.db');
    const progress = { isDone: false };
    const backup = store.backup(target).then(() => (progress.isDone = true));
    while (!progress.isDone) await write();
    await backup;
    await expect(store.backup(target)).rejects.toThrow('exists already');
    await store.close();

    const copy = make({ path: target });
    const head = await copy.open();
    expect(head.epoch).not.toBe(epoch);
    const rows = await load(copy);
    expect(rows.length).toBeGreaterThanOrEqual(50);
    expect(rows.length).toBe(head.orgs[0]?.version);
    await copy.close();
    expect((await copy.open()).epoch).toBe(head.epoch);
    expect(readdirSync(join(dir, 'backups')).filter((name) => name.includes('part'))).toEqual([]);
  });

  test('[CM18] damage found after an unclean stop is told, not served', async () => {
    const store = make();
    await store.open();
    for (let v = 1; v <= 200; v++) {
      await store.commit(
        batch({
          records: [record({ rid: v, id: `x${v}`, version: v, text: `{"t":"${'x'.repeat(900)}"}` })],
          changes: [change(v, `x${v}`)],
        }),
      );
    }
    await store.close();
    const db = new DatabaseSync(path);
    db.exec("update meta set value = '0' where key = 'clean'");
    const root = Number(
      db.prepare("select rootpage from sqlite_master where name = 'records_key'").get()?.['rootpage'],
    );
    db.close();
    const { openSync, writeSync, closeSync } = await import('node:fs');
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(2048, 0x55), 0, 2048, (root - 1) * 4096 + 1024);
    closeSync(file);
    await expect(make().open()).rejects.toThrow(/damaged|malformed/);
  });

  test('[CM19] a file that moved on without us ends the process instead of mixing two histories', async () => {
    const fatal: Error[] = [];
    const store = make({ onFatal: (error) => fatal.push(error) });
    await store.open();
    // The file moves under the store's feet, as it would if a failed commit had been kept after all.
    const db = new DatabaseSync(path);
    db.exec("insert into orgs values ('a', 7, 7, 0)");
    db.close();
    const stale = batch({ records: [record({ rid: 1, id: 'x' })], changes: [change(1, 'x')] });
    await expect(store.commit(stale)).rejects.toThrow('at another version than memory');
    await expect(store.commit(stale)).rejects.toThrow('at another version than memory');
    expect(fatal).toHaveLength(1);
  });

  test('[CM19] a disk that takes no writes refuses them; reading goes on, and writing when it takes them again', async () => {
    const store = make({ limits: { ...limits, storeBusyMs: 100 } });
    await store.open();
    await store.commit(batch({ records: [record({ rid: 1, id: 'x' })], changes: [change(1, 'x')] }));
    const other = new DatabaseSync(path, { timeout: 0 });
    other.exec('begin immediate');
    const refused = store.commit(
      batch({ records: [record({ rid: 1, id: 'x', version: 2 })], changes: [change(2, 'x')] }),
    );
    expect((await load(store)).map((r) => r.version)).toEqual([1]);
    await expect(refused).rejects.toThrow('locked');
    other.exec('rollback');
    other.close();
    await store.commit(batch({ records: [record({ rid: 1, id: 'x', version: 2 })], changes: [change(2, 'x')] }));
    expect((await load(store)).map((r) => r.version)).toEqual([2]);
  });

  test("a directory that cannot be written is refused with the system's word", async () => {
    if (process.getuid?.() === 0) return;
    chmodSync(dir, 0o500);
    await expect(make().open()).rejects.toThrow();
    chmodSync(dir, 0o700);
  });

  test('[CM15] a long absence is caught up with in slices', async () => {
    const store = make({ limits: { ...limits, samplesMs: 1, deleteSliceRows: 50 } });
    await store.open();
    const samples = Array.from({ length: 2_000 }, (_, i) => ({
      org: 'a',
      collection: 'things',
      id: `x${i % 700}`,
      at: i,
      ms: 1,
      v: 'u',
    }));
    await store.commit(batch({ samples }));
    expect(await store.sweep(1_000_000)).toBe(2_000);
    await store.close();
    const db = new DatabaseSync(path);
    expect(db.prepare('select (select count(*) from samples) + (select count(*) from entities) as n').get()).toEqual({
      n: 0,
    });
    db.close();
  });
});
