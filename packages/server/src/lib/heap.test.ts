import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap, type HeapItem } from './heap.ts';

interface Named extends HeapItem {
  readonly name: number;
}

test('items come out in order of due time, whatever was set, moved and deleted before', () => {
  const act = fc.tuple(fc.constantFrom('set', 'delete'), fc.nat(20), fc.nat(1000));
  fc.assert(
    fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
      const heap = new Heap<Named>();
      const items = Array.from({ length: 21 }, (_, name): Named => ({ name, due: 0, slot: -1 }));
      const truth = new Map<Named, number>();
      for (const [what, index, due] of acts) {
        const item = items[index];
        if (item === undefined) continue;
        if (what === 'set') {
          heap.set(item, due);
          truth.set(item, due);
        } else {
          heap.delete(item);
          truth.delete(item);
        }
      }
      expect(heap.size).toBe(truth.size);
      const out: number[] = [];
      for (let item = heap.popDue(Infinity); item !== undefined; item = heap.popDue(Infinity)) out.push(item.due);
      expect(out).toEqual([...truth.values()].sort((a, b) => a - b));
    }),
  );
});

test('nothing that is not due comes out', () => {
  const heap = new Heap<Named>();
  const item: Named = { name: 1, due: 0, slot: -1 };
  heap.set(item, 10);
  expect(heap.popDue(9)).toBeUndefined();
  expect(heap.popDue(10)).toBe(item);
  expect(heap.popDue(11)).toBeUndefined();
});
