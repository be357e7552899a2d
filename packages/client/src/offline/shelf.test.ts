import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { beforeAll, describe, expect, test } from 'vitest';
import { FakeStore } from '../testing/index.ts';
import { indexedDbStore } from './indexed-db.ts';
import type { Store } from './shelf.ts';

beforeAll(() => {
  Object.assign(globalThis, { IDBKeyRange });
});

const made: readonly [string, () => Store][] = [
  [
    'IndexedDB',
    () => {
      return over(new IDBFactory());
    },
  ],
  ['the fake of tests', () => new FakeStore()],
];

describe.each(made)('a shelf over %s', (_, make) => {
  test('[OF10] what is written is there for the next page, in the order of its keys, by prefix', async () => {
    const store = make();
    const one = await store.open('x');
    expect(
      await one.write({
        put: [
          ['b/2', 'two'],
          ['b/1', 'one'],
          ['a', '\u0000ü'],
          ['c', ''],
        ],
      }),
    ).toBe(true);
    one.close();
    const two = await store.open('x');
    expect(await two.read('b/', 'a', 'none', '')).toEqual([
      [
        ['b/1', 'one'],
        ['b/2', 'two'],
      ],
      [['a', '\u0000ü']],
      [],
      [
        ['a', '\u0000ü'],
        ['b/1', 'one'],
        ['b/2', 'two'],
        ['c', ''],
      ],
    ]);
    expect(await (await store.open('y')).read('')).toEqual([[]]);
  });

  test('[OF13] a batch happens wholly, or not at all when a key does not hold what it must', async () => {
    const shelf = await make().open('x');
    await shelf.write({
      put: [
        ['mark', 'm1'],
        ['a/1', '1'],
        ['a/2', '2'],
        ['b', '3'],
      ],
    });
    const all = await shelf.read('');
    expect(await shelf.write({ when: [['mark', 'm2']], dropAll: ['a/'], put: [['c', '4']] })).toBe(false);
    expect(await shelf.write({ when: [['mark', null]], drop: ['b'] })).toBe(false);
    expect(await shelf.read('')).toEqual(all);
    const batch = {
      when: [
        ['mark', 'm1'],
        ['none', null],
      ],
      dropAll: ['a/'],
      drop: ['b'],
      put: [
        ['a/9', 'new'],
        ['b', 'back'],
      ],
    } as const;
    expect(await shelf.write(batch)).toBe(true);
    expect(await shelf.read('')).toEqual([
      [
        ['a/9', 'new'],
        ['b', 'back'],
        ['mark', 'm1'],
      ],
    ]);
    await shelf.write({ dropAll: [''] });
    expect(await shelf.read('')).toEqual([[]]);
  });

  test('[OF13] of two tabs that write at once on the same condition one wins', async () => {
    const store = make();
    const [one, two] = [await store.open('x'), await store.open('x')];
    const won = await Promise.all(
      [one, two].map((shelf, i) => shelf.write({ when: [['k', null]], put: [['k', String(i)]] })),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
  });
});

test('[OF9] without IndexedDB, and after the database was taken away, a shelf fails and nothing hangs', async () => {
  await expect(indexedDbStore(() => undefined).open('x')).rejects.toThrow('no IndexedDB');
  const factory = new IDBFactory();
  const shelf = await over(factory).open('x');
  // A newer layout is not kept from the database by this page.
  await new Promise<void>((resolve, reject) => {
    const request = factory.open('x', 7);
    request.addEventListener('success', () => resolve());
    request.addEventListener('error', () => reject(new Error('blocked')));
    request.addEventListener('blocked', () => reject(new Error('blocked')));
  });
  await expect(shelf.read('')).rejects.toThrow();
  await expect(shelf.write({ put: [['a', 'b']] })).rejects.toThrow();
  await expect(over(factory).open('x')).rejects.toThrow();
});

function over(factory: unknown): Store {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: it is one in all that the shelf uses.
  return indexedDbStore(() => factory as globalThis.IDBFactory);
}
