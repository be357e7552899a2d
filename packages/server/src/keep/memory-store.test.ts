import { expect, test } from 'vitest';
import { MemoryStore } from './memory-store.ts';
import { testStore } from './store.contract.ts';

testStore('memory', async () => {
  let store: MemoryStore | null = null;
  return {
    async open(limits) {
      store = new MemoryStore({ limits });
      return store;
    },
    async reopen(limits) {
      if (store === null) throw new Error('never opened');
      store.limits = limits;
      return store;
    },
    async dispose() {},
  };
});

test('a store in memory cannot be copied to a file, and says so', async () => {
  const store = new MemoryStore();
  await store.open();
  await expect(store.backup()).rejects.toThrow('no file to copy');
});
