import { SERVICE_KINDS, rootsOf } from '@statewire/model';
import { expect, test } from 'vitest';
import { conditionFlaw, examplesOf, excerptOf } from './condition.ts';

test('every kind that can be judged has examples, and each of them is one', () => {
  for (const kind of SERVICE_KINDS) {
    expect(examplesOf(kind).length > 0, kind).toBe(rootsOf(kind).length > 0);
    for (const example of examplesOf(kind)) expect(conditionFlaw(kind, example), `${kind}: ${example}`).toBeNull();
  }
});

test('a flaw stands at its column, without saying it twice', () => {
  expect(conditionFlaw('http', 'status = 200')).toEqual({ column: 8, message: 'found =, expected == to compare' });
  expect(conditionFlaw('http', '  ')).toBeNull();
});

test('what the kind does not have is found where it stands, not where a text quotes it', () => {
  expect(conditionFlaw('websocket', 'body == "header" && header.a == 1')).toMatchObject({
    column: 21,
    message: expect.stringMatching(/^found header/u),
  });
  expect(conditionFlaw('redis', 'latency < 5ms && json.latency')?.column).toBe(18);
});

test('the mark stays under its column in a cut line', () => {
  const long = `${'a'.repeat(60)}!${'b'.repeat(60)}`;
  const { text, caret } = excerptOf(long, 61);
  expect(text[caret]).toBe('!');
  expect(text.length).toBeLessThan(40);
  expect(excerptOf('status = 200', 8)).toEqual({ text: 'status = 200', caret: 7 });
});
