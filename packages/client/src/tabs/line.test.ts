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

test('[TB8] a watermark says nothing to who waits for a snapshot, also when an older position is known', () => {
  const stand = new Stand({ e: 'e', v: 5 });
  stand.subd(1, 'reconcile');
  stand.watermark({ e: 'e', v: 9 });
  expect(stand.take({ t: 's', w: 1, v: 7, i: 0, last: true }, 'e')).toBe(true);
  expect(stand.since).toEqual({ e: 'e', v: 7 });
});
