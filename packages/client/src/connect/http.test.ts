import { expect, test } from 'vitest';
import { Answer, listed } from './http.ts';

const header =
  (fields: Readonly<Record<string, string>>) =>
  (name: string): string | null =>
    fields[name] ?? null;

test('a good answer comes in lines, however it was cut', () => {
  const answer = new Answer();
  answer.head(200, header({ etag: '"e.1"' }));
  expect(answer.take('{"t":"h"')).toEqual([]);
  expect(answer.take('},\n{"t"')).toEqual(['{"t":"h"},']);
  expect(answer.take(':"q"}\n]\n').map(listed)).toEqual(['{"t":"q"}', ']']);
  expect([answer.etag, answer.refused]).toEqual(['"e.1"', null]);
});

test("a refusal of the server is read, and one that is not the server's is none", () => {
  const problem = JSON.stringify({ code: 'rate_limited', detail: 'too many' });
  const of = (type: string): Answer => {
    const answer = new Answer();
    answer.head(429, header({ 'content-type': type, 'retry-after': '2' }));
    for (const part of problem) expect(answer.take(part)).toEqual([]);
    return answer;
  };
  expect(of('application/problem+json').refused).toMatchObject({
    code: 'rate_limited',
    message: 'too many',
    retryMs: 2_000,
  });
  expect(of('text/html').refused).toBeNull();
});

test('of a page without an end no more is kept than a refusal may have', () => {
  const answer = new Answer();
  answer.head(502, header({ 'content-type': 'application/problem+json' }));
  // Whole only if more than the bound were kept.
  answer.take(`{"code":"internal","detail":"${'x'.repeat(100_000)}"}`);
  expect(answer.refused).toBeNull();
});
