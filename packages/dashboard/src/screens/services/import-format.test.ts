import { expect, test } from 'vitest';
import { formatOf, importFormats, isDatabase } from './import-format.ts';

test('a file says by its own words who wrote it', () => {
  expect(formatOf('{"version":"1.23.16","notificationList":[],"monitorList":[]}')).toBe('uptime-kuma');
  expect(formatOf('storage:\n  type: memory\nendpoints:\n  - name: a\n')).toBe('gatus');
  expect(formatOf('# ours\nservices:\n  - id: a\n')).toBe('statewire');
  expect(formatOf('hello')).toBeNull();
  expect(formatOf('text: "endpoints: none"')).toBeNull();
});

test('each example is of its own format', () => {
  for (const [format, { example }] of Object.entries(importFormats)) expect(formatOf(example)).toBe(format);
});

test('a database is known by its first bytes', () => {
  expect(isDatabase('SQLite format 3\0....')).toBe(true);
  expect(isDatabase('{"monitorList":[]}')).toBe(false);
});
