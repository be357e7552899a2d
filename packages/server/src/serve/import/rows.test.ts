import { expect, test } from 'vitest';
import { readCsv, readJsonLines, type FileLine } from './rows.ts';

const limits = { importLinesMax: 4 };
const kinds = { tags: 'list', lastSeenAt: 'time' } as const;

function csv(text: string): readonly FileLine[] {
  const read = readCsv(text, kinds, limits);
  if (!read.ok) throw new Error(`${read.code}: ${read.message}`);
  return read.value;
}

test('[BO12] CSV with quotes, line breaks inside, CRLF and a byte order mark; lines are those of an editor', () => {
  const text =
    '\ufeffname,notes,labels.tier,tags,lastSeenAt\r\n"Acme, ""the"" Co","two\nlines",gold,"vip; north",2026-11-30T00:00:00Z\r\n\r\nBo,,,,12\r\n';
  expect(csv(text)).toEqual([
    {
      line: 2,
      fields: {
        name: 'Acme, "the" Co',
        notes: 'two\nlines',
        labels: { tier: 'gold' },
        tags: ['vip', 'north'],
        lastSeenAt: Date.UTC(2026, 10, 30),
      },
    },
    { line: 5, fields: { name: 'Bo', lastSeenAt: 12 } },
  ]);
});

test('[BO12] what an export defused comes back as it was', () => {
  expect(csv("name,notes\nA,'=1+1\nB,'quoted'\n")).toEqual([
    { line: 2, fields: { name: 'A', notes: '=1+1' } },
    { line: 3, fields: { name: 'B', notes: "'quoted'" } },
  ]);
});

test.each([
  ['', 'first line'],
  ['name,name\n', 'twice'],
  ['name,\n', 'name of a field'],
  ['name,labels.__proto__\n', 'name of a field'],
  ['name\n"open', 'never closed'],
  [`name\n${'a\n'.repeat(5)}`, 'more than 4 lines'],
])('[BO12] %j is refused as a whole', (text, words) => {
  const read = readCsv(text, kinds, limits);
  expect(read).toMatchObject({ ok: false });
  expect(read.ok ? '' : read.message).toContain(words);
});

test('[BO12] a line that is wrong is wrong alone, and says what was found', () => {
  expect(csv('name,lastSeenAt\nA,yesterday\nB,1,2\nC,1')).toEqual([
    { line: 2, flaw: 'lastSeenAt: found "yesterday", expected a time' },
    { line: 3, flaw: 'found 3 cells, expected at most 2' },
    { line: 4, fields: { name: 'C', lastSeenAt: 1 } },
  ]);
  const read = readJsonLines('{"name":"A"}\n\n[1]\n{no}\n', limits);
  expect(read.ok && read.value).toMatchObject([
    { line: 1, fields: { name: 'A' } },
    { line: 3, flaw: expect.stringContaining('no object') },
    { line: 4, flaw: expect.stringContaining('not JSON') },
  ]);
  expect(readJsonLines('{}\n'.repeat(5), limits)).toMatchObject({ code: 'too_large' });
});
