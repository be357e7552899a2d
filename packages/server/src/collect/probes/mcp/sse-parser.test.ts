import { assert, nat, property, uniqueArray } from 'fast-check';
import { expect, test } from 'vitest';
import { SseParser, type SseEvent } from './sse-parser.ts';

function parse(...chunks: readonly Buffer[]): SseEvent[] {
  const parser = new SseParser(1_000);
  return chunks.flatMap((chunk) => parser.push(chunk));
}

const TEXT =
  'event: endpoint\r\ndata: /m\r\n\r\n: keepalive\n\ndata: {"a":\ndata:1}\n\nid: 4\nretry: 10\ndata\n\ndata: ünï\r\rdata: end\n\n';

test('[SS1] events, comments, several data lines, all line ends', () => {
  expect(parse(Buffer.from(TEXT))).toEqual([
    { event: 'endpoint', data: '/m' },
    { event: 'message', data: '{"a":\n1}' },
    { event: 'message', data: '' },
    { event: 'message', data: 'ünï' },
    { event: 'message', data: 'end' },
  ]);
});

test('[SS2] cuts at any byte, also inside a character, change nothing', () => {
  const whole = Buffer.from(TEXT);
  const expected = parse(whole);
  assert(
    property(uniqueArray(nat(whole.length), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      expect(parse(...at.slice(1).map((end, n) => whole.subarray(at[n], end)))).toEqual(expected);
    }),
  );
});

test('[SS3] a line or an event beyond the limit is noticed and not kept', () => {
  const long = new SseParser(100);
  long.push(Buffer.from(`data: ${'x'.repeat(200)}`));
  expect(long.isTooLarge).toBe(true);
  const many = new SseParser(100);
  for (let n = 0; n < 60; n += 1) many.push(Buffer.from('data: xx\n'));
  expect(many.isTooLarge).toBe(true);
  const empty = new SseParser(100);
  for (let n = 0; n < 200; n += 1) empty.push(Buffer.from('data:\n'));
  expect(empty.isTooLarge).toBe(true);
});

test('[SS3] a line in many small pieces is looked at once, not once per piece', () => {
  const parser = new SseParser(8_388_608);
  const piece = Buffer.from('x'.repeat(1_000));
  parser.push(Buffer.from('data: '));
  for (let n = 0; n < 8_000; n += 1) expect(parser.push(piece)).toEqual([]);
  const [event, ...others] = parser.push(Buffer.from('\n\n'));
  expect(event?.data).toHaveLength(8_000_000);
  expect(others).toEqual([]);
}, 2_000);
