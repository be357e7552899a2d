import type { Batch, Entry, Shelf, Store } from '../offline/shelf.ts';

/** What a browser keeps between pages, driven by hand. Give the same one to several clients: they are tabs of one browser. */
export class FakeStore implements Store {
  /** Why nothing works: no room to write, no permission to open, an opening that never ends. */
  trouble: 'none' | 'quota' | 'refused' | 'blocked' = 'none';
  /** Batches that were written. */
  writes = 0;
  readonly #shelves = new Map<string, Map<string, string>>();

  /** Everything that is kept, over all shelves: what somebody who looks at the disk would see. */
  get entries(): readonly Entry[] {
    return [...this.#shelves.values()].flatMap((texts) => [...texts]);
  }

  /** Changes a text behind everybody's back, as a bad disk or a curious person does. */
  spoil(change: (text: string, key: string) => string): void {
    for (const texts of this.#shelves.values()) for (const [key, text] of texts) texts.set(key, change(text, key));
  }

  async open(name: string): Promise<Shelf> {
    await Promise.resolve();
    if (this.trouble === 'refused') throw new Error('not in private');
    if (this.trouble === 'blocked') await new Promise(() => undefined);
    const texts = this.#shelves.get(name) ?? new Map<string, string>();
    this.#shelves.set(name, texts);
    return {
      read: async (...prefixes) => {
        await Promise.resolve();
        return prefixes.map((prefix) => begin(texts, prefix).sort(([a], [b]) => (a < b ? -1 : 1)));
      },
      write: async (batch) => {
        await Promise.resolve();
        return this.#write(texts, batch);
      },
      close: () => undefined,
    };
  }

  #write(texts: Map<string, string>, { when = [], dropAll = [], drop = [], put = [] }: Batch): boolean {
    if (when.some(([key, text]) => (texts.get(key) ?? null) !== text)) return false;
    if (this.trouble === 'quota' && put.length > 0) throw new Error('no room');
    this.writes += 1;
    for (const prefix of dropAll) for (const [key] of begin(texts, prefix)) texts.delete(key);
    for (const key of drop) texts.delete(key);
    for (const [key, text] of put) texts.set(key, text);
    return true;
  }
}

function begin(texts: ReadonlyMap<string, string>, prefix: string): Entry[] {
  return [...texts].filter(([key]) => key.startsWith(prefix));
}
