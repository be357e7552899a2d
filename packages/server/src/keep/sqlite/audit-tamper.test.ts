/** Somebody with the file in their hands: every way to bend the log is found, and the row is named. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { auditHash, type AuditEntry } from '../audit.ts';
import { batch, chain } from '../store.contract.ts';
import { verifyAuditFile } from './audit-file.ts';
import { toAudits } from './audits.ts';
import { SqliteStore } from './sqlite-store.ts';

const ROWS = 12;
let dir: string;
let path: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'audit-tamper-'));
  path = join(dir, 'statewire.db');
  const store = new SqliteStore({ path });
  await store.open();
  const entries: AuditEntry[] = Array.from({ length: ROWS }, (_, i) => ({
    action: 'services:change',
    target: { collection: 'services', id: `s${i}` },
    before: { name: `old ${i}` },
    after: { name: `new ${i}` },
    why: 'because',
    actor: { kind: 'user', id: `u${i % 3}`, name: 'Ann', from: { ip: '127.0.0.1', agent: 'test', door: 'rest' } },
  }));
  await store.commit(batch({ audits: chain('a', entries) }));
  await store.commit(batch({ audits: chain('b', entries.slice(0, 2)) }));
  await store.close();
});
afterEach(() => rmSync(dir, { recursive: true }));

/** As somebody who opens the file: the triggers keep our own mistakes out, not them. */
function tamper(work: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path);
  for (const name of ['audits_kept', 'audits_whole', 'audits_next']) db.exec(`drop trigger ${name}`);
  db.close();
  bend(work);
}

async function flaws(kept: string | null = null): Promise<readonly string[]> {
  const verdicts = await verifyAuditFile(path, kept);
  expect(verdicts.find(({ org }) => org === 'b')?.flaws ?? []).toEqual([]);
  const of = verdicts.find(({ org }) => org === 'a');
  expect(of?.isWhole).toBe(of?.flaws.length === 0);
  return (of?.flaws ?? []).map(({ seq, kind }) => `${seq} ${kind}`);
}

function headHash(): string {
  const db = new DatabaseSync(path, { readOnly: true });
  const hash = String(db.prepare("select hash from audit_heads where org = 'a'").get()?.['hash']);
  db.close();
  return hash;
}

/** Gives a row the hash that its present content has. */
function rehash(db: DatabaseSync, seq: number): void {
  const statement = db.prepare("select * from audits where org = 'a' and seq = ?", { returnArrays: true });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: with returnArrays a row is a list.
  const [row] = toAudits(statement.get(seq) as unknown as readonly (number | string | null)[]);
  if (row === undefined) throw new Error('no row');
  db.prepare("update audits set hash = ? where org = 'a' and seq = ?").run(auditHash(row), seq);
}

test('[AT4] a log that nobody touched is whole, also against a head that was kept', async () => {
  expect(await flaws()).toEqual([]);
  expect(await flaws(headHash())).toEqual([]);
});

test.each([
  'at',
  'version',
  'actor_kind',
  'actor_id',
  'actor_name',
  'ip',
  'agent',
  'door',
  'action',
  'collection',
  'id',
  'outcome',
  'before_text',
  'after_text',
  'why',
])('[AT4] an edited %s is found, and its row is named', async (column) => {
  const isNumber = column === 'at' || column === 'version';
  tamper((db) => {
    db.prepare(`update audits set ${column} = ? where org = 'a' and seq = 5`).run(isNumber ? 77 : '{"name":"x"}');
  });
  expect(await flaws()).toEqual(['5 edited']);
});

test.each(['ip', 'why', 'before_text', 'collection'])('[AT4] a %s that was taken out is found', async (column) => {
  tamper((db) => db.exec(`update audits set ${column} = null where org = 'a' and seq = 5`));
  expect(await flaws()).toEqual(['5 edited']);
});

test('[AT4] rows removed from the middle are found', async () => {
  tamper((db) => db.exec("delete from audits where org = 'a' and seq = 6"));
  expect(await flaws()).toEqual(['6 missing']);
  bend((db) => db.exec("delete from audits where org = 'a' and seq in (7, 8)"));
  expect(await flaws()).toEqual(['6 missing']);
});

test('[AT4] a row removed with the rest numbered anew is found', async () => {
  tamper((db) => {
    db.exec("delete from audits where org = 'a' and seq = 6");
    for (let seq = 7; seq <= ROWS; seq++)
      db.exec(`update audits set seq = ${seq - 1} where org = 'a' and seq = ${seq}`);
  });
  expect((await flaws())[0]).toBe('6 edited');
});

test('[AT4] rows removed from the end are found by the mark of the end, and by a kept head when that was bent too', async () => {
  const kept = headHash();
  tamper((db) => db.exec("delete from audits where org = 'a' and seq > 10"));
  expect(await flaws()).toEqual(['11 missing']);
  bend((db) =>
    db.exec(
      "update audit_heads set seq = 10, hash = (select hash from audits where org = 'a' and seq = 10) where org = 'a'",
    ),
  );
  expect(await flaws()).toEqual([]);
  const verdicts = await verifyAuditFile(path, kept);
  expect(verdicts.find(({ org }) => org === 'a')?.flaws).toMatchObject([{ seq: 10, kind: 'head' }]);
});

test('[AT4] a whole chain that was written anew is found by a kept head only', async () => {
  const kept = headHash();
  tamper((db) => {
    db.exec("update audits set actor_id = 'somebody-else' where org = 'a' and seq = 3");
    for (let seq = 3; seq <= ROWS; seq++) {
      db.exec(
        `update audits set prev = (select hash from audits where org = 'a' and seq = ${seq - 1}) where org = 'a' and seq = ${seq}`,
      );
      rehash(db, seq);
    }
    db.exec(
      `update audit_heads set hash = (select hash from audits where org = 'a' and seq = ${ROWS}) where org = 'a'`,
    );
  });
  expect(await flaws()).toEqual([]);
  expect((await verifyAuditFile(path, kept)).find(({ org }) => org === 'a')?.isWhole).toBe(false);
});

test('[AT4] two rows that changed places are found', async () => {
  tamper((db) => {
    db.exec("update audits set seq = 99 where org = 'a' and seq = 4");
    db.exec("update audits set seq = 4 where org = 'a' and seq = 8");
    db.exec("update audits set seq = 8 where org = 'a' and seq = 99");
  });
  const found = await flaws();
  expect(found).toContain('4 edited');
  expect(found).toContain('8 edited');
});

test('[AT4] an inserted row is found: at the end, and in the middle with the rest numbered anew', async () => {
  const [forged] = chain('a', [{ action: 'services:delete' }]);
  if (forged === undefined) throw new Error('no row');
  tamper((db) => {
    const row = db.prepare("select * from audits where org = 'a' and seq = 12").get() ?? {};
    const values = Object.values({ ...row, seq: 13, prev: row['hash'] ?? null, hash: forged.hash });
    db.prepare(`insert into audits values (${values.map(() => '?').join(', ')})`).run(...values);
    rehash(db, 13);
  });
  expect(await flaws()).toEqual(['13 inserted']);
  bend((db) => {
    db.exec("delete from audits where org = 'a' and seq = 13");
    for (let seq = ROWS; seq > 6; seq--) db.exec(`update audits set seq = ${seq + 1} where org = 'a' and seq = ${seq}`);
    const row = db.prepare("select * from audits where org = 'a' and seq = 6").get() ?? {};
    const values = Object.values({ ...row, seq: 7, prev: row['hash'] ?? null });
    db.prepare(`insert into audits values (${values.map(() => '?').join(', ')})`).run(...values);
    rehash(db, 7);
  });
  expect(await flaws()).not.toEqual([]);
});

test('[AT4] an edited row that was given a hash of its own is found by the one behind it', async () => {
  tamper((db) => {
    db.exec("update audits set actor_id = 'somebody-else' where org = 'a' and seq = 5");
    rehash(db, 5);
  });
  expect(await flaws()).toEqual(['5 moved']);
  bend((db) => {
    db.exec(`update audits set why = null where org = 'a' and seq = ${ROWS}`);
    rehash(db, ROWS);
  });
  expect(await flaws()).toEqual(['5 moved', `${ROWS} head`]);
});

test('[AT5] rows removed from the front without a row that says so are found', async () => {
  tamper((db) => db.exec("delete from audits where org = 'a' and seq <= 3"));
  expect(await flaws()).toEqual(['1 unanchored']);
});

test('[AT1] the tables themselves refuse a change, a removal and a gap', async () => {
  const db = new DatabaseSync(path);
  expect(() => db.exec("update audits set why = 'x' where seq = 5")).toThrow('never changed');
  expect(() => db.exec('delete from audits where seq = 1')).toThrow('retention only');
  expect(() =>
    db.exec(
      "insert into audits select org, 99, at, version, actor_kind, actor_id, actor_name, ip, agent, door, action, collection, id, outcome, before_text, after_text, why, prev, hash from audits where org = 'a' and seq = 5",
    ),
  ).toThrow('go on');
  db.close();
  expect(await flaws()).toEqual([]);
});

/** The triggers are gone already. */
function bend(work: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path);
  work(db);
  db.close();
}
