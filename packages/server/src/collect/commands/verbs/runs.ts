import type { RunRow } from '@statewire/model';
import { ok, refuse } from '@statewire/protocol';
import type { Verb } from '../verb.ts';
import { none } from './none.ts';

/** What people do to runs. */
export const runVerbs: readonly Verb[] = [
  {
    name: 'cancel',
    on: ['executions', 'jobs'],
    action: 'write',
    summary: 'Asks the runner to stop',
    args: none,
    run: (deps, draft, { collection, id }) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of a collection of kind run are RunRow.
      const run = draft.get(collection.name, id) as RunRow;
      if (deps.engine.isTerminal(run.state))
        return refuse('gone', `the run has ended as ${run.state}; there is nothing to cancel`);
      // Only the flag: asking to stop is no report, and must not renew the lease of a worker that is dead.
      draft.put(collection.name, id, { ...run, cancelRequested: true });
      return ok({ id });
    },
  },
];
