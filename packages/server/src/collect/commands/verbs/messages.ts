import { deviceSchema, type Dismissal, type Message } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Draft } from '../../../keep/commit-types.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import { asMessage, roomIn } from '../plains/messages.ts';
import type { Args, Done, Verb, VerbCall } from '../verb.ts';
import { none } from './none.ts';

const time = z.int().min(946_684_800_000).max(4_102_444_800_000);

const timesArgs: z.ZodType<Args> = z.strictObject({
  startsAt: time.nullish().meta({ description: 'Epoch ms; null or behind: at once. Default: as the message says' }),
  endsAt: time
    .nullish()
    .meta({ description: 'Epoch ms ahead; null: until it is withdrawn. Default: as the message says' }),
});

const readerArgs: z.ZodType<Args> = z.strictObject({
  device: deviceSchema
    .optional()
    .meta({ description: 'Which device, where many readers come with one API key', example: 'b7Qx0aT2mK1c' }),
});

/** What people do to messages, and what readers do with them. */
export const messageVerbs: readonly Verb[] = [
  moving('publish', 'Shows a draft, now or at its time', timesArgs, 'publish'),
  moving('reactivate', 'Shows one that is over once more', timesArgs, 'reactivate'),
  moving('withdraw', 'Takes it back now', none, 'withdraw'),
  reading('seen', 'Says that the caller was shown it', () => ({})),
  reading('click', 'Says that the caller followed a link of it', (receipt, now) => ({
    clickedAt: receipt.clickedAt ?? now,
  })),
  reading('dismiss', 'Puts it away for the caller', (receipt, now, { dismissible }) =>
    dismissible
      ? { dismissedAt: receipt.dismissedAt ?? now }
      : refuse('precondition', 'this message cannot be put away; it goes at its end'),
  ),
];

function moving(
  name: string,
  summary: string,
  args: z.ZodType<Args>,
  act: 'publish' | 'reactivate' | 'withdraw',
): Verb {
  return {
    name,
    on: ['messages'],
    action: 'write',
    summary,
    args,
    run: (deps, draft, call) => {
      const found = messageIn(draft, call);
      if (!found.ok) return found;
      const acting = { by: call.principal.name, now: draft.now, keptMs: deps.limits.receiptsKeptMs };
      const { messages } = deps.engine;
      const moved =
        act === 'withdraw' ? messages.withdraw(found.value, acting) : messages[act](found.value, call.args, acting);
      if (!moved.ok) return moved;
      const room = roomIn(deps, draft, moved.value);
      if (!room.ok) return room;
      draft.put('messages', call.id, { ...found.value, ...moved.value });
      return ok({ id: call.id });
    },
  };
}

type Marks = Partial<Pick<Dismissal, 'clickedAt' | 'dismissedAt'>>;

function reading(
  name: string,
  summary: string,
  mark: (receipt: Receipt, now: number, message: Message) => Marks | ReturnType<typeof refuse>,
): Verb {
  return {
    name,
    on: ['messages'],
    action: { call: 'read' },
    summary,
    args: readerArgs,
    isQuestion: true,
    run: (deps, draft, call) => {
      const found = messageIn(draft, call);
      if (!found.ok) return found;
      const message = found.value;
      if (message.state !== 'active') return refuse('gone', `the message is ${message.state}: nobody is shown it now`);
      return read(deps, draft, { call, message, mark });
    },
  };
}

type Receipt = Pick<Dismissal, 'clickedAt' | 'device' | 'dismissedAt' | 'message' | 'person' | 'shownAt'>;

interface Reading {
  readonly call: VerbCall;
  readonly message: Message;
  readonly mark: (receipt: Receipt, now: number, message: Message) => Marks | ReturnType<typeof refuse>;
}

/** Receipt and counters move in one transaction, so that the counters are what the receipts say, over any kill. */
function read(deps: WriteDeps, draft: Draft, { call, message, mark }: Reading): Result<Done> {
  const { principal, args, id } = call;
  // A person is one reader on all devices. A key is in many hands: each device of them is a reader.
  const device = principal.kind === 'key' ? (typeof args['device'] === 'string' ? args['device'] : null) : '';
  if (device === null) {
    return refuse('bad_field', 'device: found nothing, expected one: an API key is not one reader');
  }
  const key = receiptId(id, principal.id, device);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `dismissals` are Dismissal.
  const known = draft.get('dismissals', key) as Dismissal | null;
  const before: Receipt = known ?? {
    person: principal.id,
    device,
    message: id,
    shownAt: draft.now,
    clickedAt: null,
    dismissedAt: null,
  };
  const marks = mark(before, draft.now, message);
  if ('ok' in marks) return marks;
  if (known === null && !hasRoom(deps, draft, message)) return ok({ id, isKept: false });
  const after = { ...before, ...marks };
  draft.put('dismissals', key, { observedAt: null, labels: {}, source: null, ...after });
  draft.put('messages', id, {
    ...message,
    shown: message.shown + (known === null ? 1 : 0),
    receipts: message.receipts + (known === null ? 1 : 0),
    clicked: message.clicked + (before.clickedAt === null && after.clickedAt !== null ? 1 : 0),
    dismissed: message.dismissed + (before.dismissedAt === null && after.dismissedAt !== null ? 1 : 0),
  });
  return ok({ id, isKept: true });
}

function hasRoom({ limits }: Pick<WriteDeps, 'limits'>, draft: Draft, { receipts }: Message): boolean {
  if (receipts >= limits.receiptsPerMessageMax) return false;
  let all = 0;
  for (const row of draft.all('messages')) all += asMessage(row).receipts;
  return all < limits.receiptsPerOrgMax;
}

function receiptId(message: string, person: string, device: string): string {
  return createHash('sha256')
    .update(JSON.stringify([message, person, device]))
    .digest('base64url')
    .slice(0, 32);
}

function messageIn(draft: Draft, { id }: VerbCall): Result<Message> {
  const row = draft.get('messages', id);
  return row === null ? refuse('not_found', `there is no messages/${id}`) : ok(asMessage(row));
}
