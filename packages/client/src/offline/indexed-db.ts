import type { Batch, Entry, Shelf, Store } from './shelf.ts';

/** Shelves in IndexedDB: one database per name with one object store of texts. `factory` is asked for at each opening. */
export function indexedDbStore(factory: () => IDBFactory | undefined): Store {
  return {
    open: async (name) => {
      const found = factory();
      if (found === undefined) throw new Error('there is no IndexedDB here');
      const request = found.open(name, LAYOUT);
      // The first layout: there is nothing to carry over.
      request.addEventListener('upgradeneeded', () => request.result.createObjectStore(TEXTS));
      const db = await done(request);
      // A newer page wants another layout, or somebody deletes the database: it must not wait for this page.
      db.addEventListener('versionchange', () => db.close());
      return new DbShelf(db);
    },
  };
}

const LAYOUT = 1;
const TEXTS = 'texts';

class DbShelf implements Shelf {
  readonly #db: IDBDatabase;

  constructor(db: IDBDatabase) {
    this.#db = db;
  }

  async read(...prefixes: readonly string[]): Promise<readonly (readonly Entry[])[]> {
    const texts = this.#db.transaction(TEXTS, 'readonly').objectStore(TEXTS);
    return Promise.all(
      prefixes.map(async (prefix) => {
        const range = rangeOf(prefix);
        const [keys, values] = await Promise.all([done(texts.getAllKeys(range)), done(texts.getAll(range))]);
        return keys.flatMap((key, i): readonly Entry[] => {
          const value: unknown = values[i];
          return typeof key === 'string' && typeof value === 'string' ? [[key, value]] : [];
        });
      }),
    );
  }

  async write({ when = [], dropAll = [], drop = [], put = [] }: Batch): Promise<boolean> {
    const transaction = this.#db.transaction(TEXTS, 'readwrite');
    const texts = transaction.objectStore(TEXTS);
    const ended = new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve());
      transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('the write was given up')));
    });
    // Awaited below; until then a failure has somebody to tell.
    ended.catch(() => undefined);
    const present = await Promise.all(when.map(([key]) => done<unknown>(texts.get(key))));
    if (when.some(([, text], i) => (present[i] ?? null) !== text)) {
      await ended;
      return false;
    }
    for (const prefix of dropAll) texts.delete(rangeOf(prefix));
    for (const key of drop) texts.delete(key);
    for (const [key, text] of put) texts.put(text, key);
    await ended;
    return true;
  }

  close(): void {
    this.#db.close();
  }
}

function rangeOf(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix}\uffff`);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the request failed')));
  });
}
