import { expect, test } from 'vitest';
import { MemoryStore } from './memory-store.ts';
import { testHistoryStore } from './history-store.contract.ts';
import { testStore, type StoreFixture } from './store.contract.ts';

const fixture = async (): Promise<StoreFixture> => {
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
};

testStore('memory', fixture);
testHistoryStore('memory', fixture);

test('a store in memory cannot be copied to a file, and says so', async () => {
  const store = new MemoryStore();
  await store.open();
  await expect(store.backup()).rejects.toThrow('no file to copy');
});
