import type { Policy, PolicyCreate } from '@statewire/model';
import { ok } from '@statewire/protocol';
import type { Plain } from '../plain.ts';

/** Policies: who is told. Alerts of one that is deleted take the next that matches. */
export const policies: Plain = {
  prefix: 'pol',
  born: ({ engine }, draft, { fields }) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the collection's create schema has read the fields.
    ok(engine.alerts.newPolicy(fields as unknown as PolicyCreate, draft.now)),
  patched: ({ engine }, draft, { fields, row }) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `policies` are Policy.
    ok(engine.alerts.changedPolicy(row as Policy, fields, draft.now)),
};
