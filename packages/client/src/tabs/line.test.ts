import { expect, test } from 'vitest';
import { Line } from './line.ts';
import { Stand } from './stand.ts';

const welcome = (over: object = {}): string =>
  JSON.stringify({ t: 'welcome', epoch: 'e', org: 'main', who: '0123456789abcdef', ...over });

test('[TB10] [TB11] a line goes on with another hub only in the same history and as the same person', () => {
  for (const over of [{ epoch: 'other' }, { org: 'other' }, { who: '1123456789abcdef' }]) {
    const line = new Line({ t: 'hello' });
    expect(line.down(welcome())).toBe('pass');
    line.opening();
    expect(line.down(welcome())).toBe('keep');
    line.opening();
    expect(line.down(welcome(over))).toBe('over');
  }
});

test('[TB20] a line says to each further hub where its tab is, and keeps the answer to itself', () => {
  const line = new Line({ t: 'hello' });
  const stay = (m: string, k: string, name: string): string =>
    JSON.stringify({ t: 'mut', m, c: 'presences', k, op: 'call', name, f: { at: k } });
  line.down(welcome());
  line.up(stay('t.1', 'here', 'enter'));
  line.up(stay('t.2', 'there', 'enter'));
  line.up(stay('t.3', 'there', 'leave'));
  for (const m of ['t.1', 't.2', 't.3']) expect(line.down(`{"t":"mr","m":"${m}","ok":true,"v":1}`)).toBe('pass');
  const { rest } = line.opening();
  expect(rest).toEqual([stay('t.1.1', 'here', 'enter')]);
  expect(line.down('{"t":"mr","m":"t.1.1","ok":true,"v":1}')).toBe('own');
  expect(line.opening().rest).toEqual([stay('t.1.2', 'here', 'enter')]);
});

test('[TB8] a watermark says nothing to who waits for a snapshot, also when an older position is known', () => {
  const stand = new Stand({ e: 'e', v: 5 });
  stand.subd(1, 'reconcile');
  stand.watermark({ e: 'e', v: 9 });
  expect(stand.take({ t: 's', w: 1, v: 7, i: 0, last: true }, 'e')).toBe(true);
  expect(stand.since).toEqual({ e: 'e', v: 7 });
});
