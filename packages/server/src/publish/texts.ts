import { assert } from '@statewire/protocol';
import type { Entry, Live } from '../keep/live.ts';
import type { Fragments } from './fragment.ts';
import type { Node, Texts } from './view.ts';

/** Whose records are looked up. */
export interface RecordTextsDeps {
  readonly live: Pick<Live, 'get'>;
  readonly fragments: Fragments;
  readonly org: string;
  readonly collection: string;
}

/** Texts of records as they are now, looked up when they are first needed. */
export class RecordTexts implements Texts {
  readonly #deps: RecordTextsDeps;

  constructor(deps: RecordTextsDeps) {
    this.#deps = deps;
  }

  version(node: Node): number {
    return this.#entry(node).version;
  }

  row(node: Node): string {
    return this.#deps.fragments.row(this.#entry(node));
  }

  enter(node: Node): string {
    return this.#deps.fragments.enter(this.#entry(node));
  }

  update(node: Node, from: number): string {
    return this.#deps.fragments.update(this.#entry(node), from);
  }

  forget(node: Node): void {
    this.#deps.fragments.forget(node.rid);
  }

  #entry(node: Node): Entry {
    // A transaction later in the same batch may already have replaced the record, so it is looked up when it is
    // first needed: by then the whole batch was taken in.
    const { live, org, collection } = this.#deps;
    node.entry ??= live.get(org, collection, node.id);
    if (node.entry === null) assert(false, `a view holds ${collection}/${node.id}, which does not exist`);
    return node.entry;
  }
}
