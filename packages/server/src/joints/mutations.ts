import type { Mut } from '@statewire/protocol';
import type { Commands, Mutation } from '../collect/commands/command.ts';
import type { Principal } from '../lib/principal.ts';
import type { Mutate, MutOutcome } from '../serve/session.ts';

/** Carries `mut` frames to the same commands that REST calls, so that both doors do and refuse the same. */
export function mutations(commands: Pick<Commands, 'mutate'>): Mutate {
  return async (principal: Principal, frame: Mut, via: object): Promise<MutOutcome> => {
    const done = await commands.mutate(principal, { ...mutationOf(frame), via });
    if (done.ok) return { ok: true, v: done.value.version, k: done.value.value.id, value: done.value.value };
    const { code, message, version, current, fields } = done;
    return { ok: false, code, msg: message, v: version, cur: current, fields };
  };
}

function mutationOf(frame: Mut): Mutation {
  const { m, c, k, op, name, f, base, why } = frame;
  // A report makes the record when there is none and wins by its own order, not by the version a person saw.
  const isReport = op === 'call' && name === 'report';
  // What is said ten times a second is not worth remembering for a day: reports carry their own sequence.
  if (isReport) return { collection: c, id: k, op: 'put', fields: f };
  return { collection: c, id: k, op, name, fields: f, base, key: m, why };
}
