import { expect, test } from 'vitest';
import { Tape } from './tape.ts';

const job = (version: number, done: number): readonly unknown[] => [7, version, { done }];

test('[HO10] what was missed is told apart from what came while it was live', () => {
  const tape = new Tape();
  const down = (frame: object): void => tape.take(JSON.stringify(frame), 'down', 1);
  down({ t: 'subd', s: 1, w: 3, v: 10, iv: 100, how: 'snapshot', n: 1 });
  down({ t: 's', w: 3, v: 10, i: 0, last: true, r: [[7, 'a', 10, { done: 1 }]] });
  expect(tape.get().resumed).toEqual({ how: 'snapshot', from: null, to: 10, changes: 1 });
  down({ t: 'd', w: 3, v: [10, 11], at: 1, o: [job(11, 2)] });
  expect(tape.get()).toMatchObject({ changes: 2, resumed: { changes: 1 } });
  down({ t: 'subd', s: 2, w: 3, v: 40, iv: 100, how: 'delta', n: 1 });
  down({ t: 'd', w: 3, v: [11, 40], at: 1, o: [job(40, 9)] });
  expect(tape.get().resumed).toEqual({ how: 'delta', from: 11, to: 40, changes: 1 });
  tape.take('{"t":"p","i":1}', 'up', 2);
  tape.take('no frame', 'down', 2);
  expect(
    tape
      .get()
      .lines.slice(0, 2)
      .map(({ kind }) => kind),
  ).toEqual(['?', 'p']);
  for (let i = 0; i < 50; i += 1) tape.take('{"t":"p","i":1}', 'up', 2);
  expect(tape.get().lines).toHaveLength(12);
  expect(tape.get().messages).toBe(57);
});
