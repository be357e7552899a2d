/** Our own file: lists of services, channels and maintenances, each as its create body with an id. */
import type { JsonObject } from '@statewire/protocol';
import { LeftError, Plans, type Item, type Plan } from './plan.ts';
import { listOf, isObject, lineOf, textOf } from './read.ts';

const COLLECTIONS: readonly Item['collection'][] = ['services', 'channels', 'maintenances'];

/** Reads a file of ours. */
export function readStatewire(file: JsonObject): Plan {
  const plans = new Plans();
  for (const collection of COLLECTIONS) {
    for (const [index, value] of listOf(file, collection).entries()) {
      const from = `${collection} ${index + 1}`;
      const of = isObject(value) ? value : {};
      const name = lineOf(textOf(of, 'name') || textOf(of, 'title'), 200);
      plans.take(from, name, () => {
        const { id, ...fields } = of;
        if (typeof id !== 'string' || id === '')
          throw new LeftError('it has no id', 'give it one: it is what the file knows it by');
        return { collection, id, name, from, fields, notes: [] };
      });
    }
  }
  for (const key of Object.keys(file)) {
    if (!COLLECTIONS.some((collection) => collection === key))
      plans.leave(key.slice(0, 64), '', 'no list of this name is read', `expected ${COLLECTIONS.join(', ')}`);
  }
  return plans.plan();
}
