import { expect, test } from 'vitest';
import { headOf, Stand } from './stand.ts';

const at = (v: number): { e: string; v: number } => ({ e: 'e', v });

test('[TB8] a stand moves with what is told and not with what does not connect', () => {
  const stand = new Stand(at(5));
  stand.subd(1, 'delta');
  expect(stand.take({ t: 'd', w: 1, from: 3, to: 5 }, 'e')).toBe(false);
  expect(stand.take({ t: 'd', w: 1, from: 3, to: 7 }, 'e')).toBe(true);
  expect(stand.since).toEqual(at(7));
  expect(stand.take({ t: 'd', w: 1, from: 8, to: 9 }, 'e'), 'whoever holds the rows sees the gap').toBe(true);
  expect(stand.since).toEqual(at(7));
  stand.watermark(at(12));
  stand.watermark({ e: 'other', v: 99 });
  expect(stand.since).toEqual(at(12));
});

test('[TB8] a promised snapshot is wanted until its last chunk, and one not needed is passed over as a whole', () => {
  const stand = new Stand(null);
  stand.subd(1, 'snapshot');
  expect(stand.take({ t: 's', w: 1, v: 4, i: 0, last: false }, 'e')).toBe(true);
  stand.watermark(at(9));
  expect(stand.since).toBeNull();
  expect(stand.take({ t: 's', w: 1, v: 4, i: 1, last: true }, 'e')).toBe(true);
  expect(stand.since).toEqual(at(4));
  expect(stand.take({ t: 's', w: 1, v: 4, i: 0, last: false }, 'e')).toBe(false);
  expect(stand.take({ t: 's', w: 1, v: 4, i: 1, last: true }, 'e')).toBe(false);
  expect(stand.take({ t: 's', w: 1, v: 6, i: 1, last: true }, 'e'), 'its beginning was not taken').toBe(false);
  expect(stand.since).toEqual(at(4));
});

test('[TB8] heads are read from the server’s own spelling; anything else is left to the parser', () => {
  expect(headOf('{"t":"d","w":3,"v":[4,5],"at":1,"o":[]}')).toEqual({ t: 'd', w: 3, from: 4, to: 5 });
  expect(headOf('{"t":"s","w":3,"v":4,"i":0,"last":true,"r":[]}')).toEqual({ t: 's', w: 3, v: 4, i: 0, last: true });
  for (const text of ['{"w":3,"t":"d","v":[4,5]}', '{"t":"h","v":4,"now":1}', '{"t":"d","w":-1,"v":[1,2]}', '']) {
    expect(headOf(text)).toBeNull();
  }
});
