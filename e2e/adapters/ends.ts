/** How works of a peer shall end: told by the test, awaited by the peer, in either order. */
export class Ends<T> {
  readonly #ends = new Map<string, PromiseWithResolvers<T>>();

  of(id: string): PromiseWithResolvers<T> {
    const end = this.#ends.get(id) ?? Promise.withResolvers<T>();
    this.#ends.set(id, end);
    return end;
  }
}
