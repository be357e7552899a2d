import type { Env } from '../env.ts';

/** Locks of one origin: who asks first has it, and who ends has none. A page is named by any object of its own. */
export class FakeLocks {
  readonly #queues = new Map<string, Wish[]>();

  of(page: object): NonNullable<Env['lock']> {
    return (name, _, events) => {
      const wish: Wish = { page, held: () => events.held() };
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, [...queue, wish]);
      if (queue.length === 0) this.#grant(name, wish);
      return { release: () => this.#leave(name, (each) => each === wish) };
    };
  }

  /** The page is gone, however. */
  end(page: object): void {
    for (const name of this.#queues.keys()) this.#leave(name, (each) => each.page === page);
  }

  #leave(name: string, isGone: (wish: Wish) => boolean): void {
    const queue = this.#queues.get(name) ?? [];
    const left = queue.filter((each) => !isGone(each));
    this.#queues.set(name, left);
    const [next] = left;
    if (next !== undefined && next !== queue[0]) this.#grant(name, next);
  }

  #grant(name: string, wish: Wish): void {
    void Promise.resolve().then(() => {
      if (this.#queues.get(name)?.[0] === wish) wish.held();
    });
  }
}

interface Wish {
  readonly page: object;
  readonly held: () => void;
}
