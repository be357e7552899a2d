/** The views of a client, as the keeper of rows sees them. */
import { isDenial } from '../errors.ts';
import type { Inside, Recall } from '../inside.ts';
import type { Keep, KeptView, OpenTold } from '../state/keep.ts';
import type { Told } from '../state/told.ts';

/** Shows what an earlier page left of a view, and asks the server from there on. */
export function recallFrom(keep: Keep): Recall {
  return (ask, open) =>
    keep.load(ask.key, (kept) => {
      if (kept !== null) {
        restore(ask.told, kept);
        // Where the window lies was not kept: it is told again from the start.
        if (ask.wish.part?.limit !== undefined) ask.told.doubt();
      }
      open(kept?.asOf ?? null);
    });
}

/** Takes in what an earlier page was told, as if it had been told here. */
export function restore(told: Told, { org, position: { e, v }, rows }: Omit<KeptView, 'asOf'>): void {
  told.snapshot({ t: 's', w: 1, v, i: 0, last: true, r: rows }, { epoch: e, org });
}

/** What is open and was told, for whoever writes it down. */
export function* toldOf({ driver, views }: Pick<Inside, 'driver' | 'views'>): Iterable<OpenTold> {
  for (const { key, wish, told, failure } of driver().asked.all()) {
    yield { key, told, asOf: views().verifiedAt(wish), isDenied: failure !== null && isDenial(failure.code) };
  }
}
