import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { groupOfToken, groupOfWho, RELEASE_LINE } from './group.ts';

const URL = 'wss://a.test/live';
const jwt = (claims: unknown): string => `e.${btoa(JSON.stringify(claims))}.s`;

test('[TB2] tokens of one person that differ in their times share; those that differ in anything else do not', () => {
  const one = groupOfToken(URL, jwt({ iss: 'i', sub: 'u', org: 'o', role: 'read', exp: 1, iat: 1, jti: 'a' }));
  expect(groupOfToken(URL, jwt({ role: 'read', sub: 'u', org: 'o', iss: 'i', exp: 2, iat: 2, jti: 'b' }))).toBe(one);
  for (const other of [
    { iss: 'i', sub: 'v', org: 'o', role: 'read' },
    { iss: 'i', sub: 'u', org: 'p', role: 'read' },
    { iss: 'i', sub: 'u', org: 'o', role: 'admin' },
    { iss: 'j', sub: 'u', org: 'o', role: 'read' },
  ]) {
    expect(groupOfToken(URL, jwt(other))).not.toBe(one);
  }
});

test('[TB2] other keys, servers, people and releases never meet, and a key is not in the name', () => {
  const names = [
    groupOfToken(URL, 'sw_read_abc'),
    groupOfToken(URL, 'sw_read_abd'),
    groupOfToken('wss://b.test/live', 'sw_read_abc'),
    groupOfToken(URL, 'sw_read_abc', '9.9'),
    groupOfWho(URL, { org: 'main', who: '0123456789abcdef' }),
    groupOfWho(URL, { org: 'other', who: '0123456789abcdef' }),
    groupOfWho(URL, { org: 'main', who: '1123456789abcdef' }),
  ];
  expect(new Set(names).size).toBe(names.length);
  expect(names.join()).not.toContain('sw_read');
});

test('[TB2] the line of releases is that of the package: releases that may differ in what tabs say have another', () => {
  const found: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const version = typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : '';
  const [major, minor] = version.split('.');
  expect(RELEASE_LINE).toBe(major === '0' ? `0.${minor}` : major);
});
