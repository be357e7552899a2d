import type { RunRow } from '@statewire/model';
import { ok, refuse } from '@statewire/protocol';
import type { Verb } from '../verb.ts';
import { bulkArgs } from '../bulk-args.ts';
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
  {
    name: 'undo',
    on: ['jobs'],
    action: { call: 'read' },
    summary: 'Takes a bulk job back, as a job of its own; what was changed since stays and is reported',
    args: none,
    isQuestion: true,
    run: 'outside',
  },
  {
    name: 'bulk',
    on: ['jobs'],
    action: { call: 'read' },
    summary: 'Does something to many records of a collection, as a job of the server',
    args: bulkArgs,
    isBirth: true,
    isRest: false,
    run: 'outside',
  },
];
