/** Our own file: a list for each kind of record that people configure, each record as its create body with an id. */
import type { JsonObject } from '@statewire/protocol';
import { CONFIGURED, LeftError, Plans, type Plan } from './plan.ts';
import { listOf, isObject, lineOf, textOf } from './read.ts';

/** Reads a file of ours. */
export function readStatewire(file: JsonObject): Plan {
  const plans = new Plans();
  for (const collection of CONFIGURED) {
    for (const [index, value] of listOf(file, collection).entries()) {
      const from = `${collection} ${index + 1}`;
      const of = isObject(value) ? value : {};
      const name = lineOf(textOf(of, 'name') || textOf(of, 'title'), 200);
      plans.take(from, name, () => {
        const { id, ...fields } = of;
        if (typeof id !== 'string' || id === '')
          throw new LeftError('it has no id', 'give it one: it is what the file knows it by');
        // Files of ours carry no secrets: what is there keeps its own, and what is new says which it needs.
        if (collection !== 'channels' || 'secrets' in fields) return { collection, id, name, from, fields, notes: [] };
        const notes = [
          'the file has no secrets: a channel that is new here needs them, one that is here keeps its own',
        ];
        return { collection, id, name, from, fields, born: { secrets: {} }, notes };
      });
    }
  }
  for (const key of Object.keys(file)) {
    if (!CONFIGURED.some((collection) => collection === key))
      plans.leave(key.slice(0, 64), '', 'no list of this name is read', `expected ${CONFIGURED.join(', ')}`);
  }
  return plans.plan();
}
