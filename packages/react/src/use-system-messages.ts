import type { CommandResult, Where } from '@statewire/client';
import {
  MESSAGE_PRIORITIES,
  MESSAGE_STATES,
  type Message,
  type MessageCreate,
  type MessagePatch,
  type MessagePriority,
  type MessageState,
} from '@statewire/model';
import type { JsonObject, Row } from '@statewire/protocol';
import { useCallback, useMemo, useState } from 'react';
import { phaseOf } from './components/system-message.ts';
import { deviceId } from './device.ts';
import type { Live, LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import { useCollection, useRows } from './use-collection.ts';
import { useDue } from './use-due.ts';

type ForWriters = 'audience' | 'by' | 'clicked' | 'customers' | 'dismissed' | 'endedAt' | 'events' | 'shown';
type ForReaders = 'activeAt' | 'body' | 'dismissible' | 'endsAt' | 'link' | 'priority' | 'startsAt' | 'state' | 'title';

/**
 * A message. Readers get what is shown of it; `audience`, `customers`, `by`, `events` and the numbers are there for those
 * who may write messages, and absent for everybody else.
 */
export type SystemMessage = Row & Pick<Message, ForReaders> & Partial<Pick<Message, ForWriters>>;

/** Which messages. The server has chosen already what is for the caller; this narrows what writers see. */
export interface SystemMessagesOptions extends LiveOptions {
  /** Of what a writer sees: only what this customer's users see. */
  readonly client?: string | undefined;
  readonly where?: Where<SystemMessage> | undefined;
}

/** When to begin and end, epoch ms; null: at once, and until it is withdrawn. Left out: as the message says. */
export interface MessageTimes {
  readonly startsAt?: number | null | undefined;
  readonly endsAt?: number | null | undefined;
}

/** Counts of what the caller sees; `shown`, `clicked` and `dismissed` for those who may write messages. */
export interface MessageStatistics {
  readonly byState: Readonly<Record<MessageState, number>>;
  /** Of active ones. */
  readonly byPriority: Readonly<Record<MessagePriority, number>>;
  readonly shown: number;
  readonly clicked: number;
  readonly dismissed: number;
}

/** Messages, by where they stand, and what is done with them. */
export interface LiveSystemMessages extends Live<readonly SystemMessage[]> {
  /** To be seen now, by the server's clock; those the caller put away are among them. */
  readonly activeMessages: readonly SystemMessage[];
  /** The active ones that the caller has not put away: what a banner shows. */
  readonly openMessages: readonly SystemMessage[];
  readonly scheduledMessages: readonly SystemMessage[];
  /** Expired, or taken back. */
  readonly expiredMessages: readonly SystemMessage[];
  readonly statistics: MessageStatistics;
  readonly create: (fields: MessageCreate) => Promise<CommandResult>;
  readonly update: (id: string, fields: MessagePatch) => Promise<CommandResult>;
  readonly remove: (id: string) => Promise<CommandResult>;
  readonly publish: (id: string, times?: MessageTimes) => Promise<CommandResult>;
  readonly withdraw: (id: string) => Promise<CommandResult>;
  readonly reactivate: (id: string, times?: MessageTimes) => Promise<CommandResult>;
  /** Says that the caller was shown it, followed its link, or puts it away. Each counts once. */
  readonly seen: (id: string) => Promise<CommandResult>;
  readonly click: (id: string) => Promise<CommandResult>;
  readonly dismiss: (id: string) => Promise<CommandResult>;
}

/** System messages, live: the server sends each caller those that are for them, when they begin, and takes them back. */
export function useSystemMessages(options: SystemMessagesOptions = {}): LiveSystemMessages {
  const { client: customer, where, ...live } = options;
  const client = useClient();
  const read = useRows<SystemMessage>('messages', { ...live, where });
  const { data: receipts, status: known } = useCollection('dismissals');
  const [away, setAway] = useState<ReadonlySet<string>>(NONE);
  const data = useMemo(
    () => (customer === undefined ? read.data : read.data.filter((message) => isFor(message, customer))),
    [read.data, customer],
  );
  const now = useDue(useMemo(() => data.map(({ endsAt }) => endsAt), [data]));
  const call = useCallback(
    (id: string, name: string, args: JsonObject = {}) => client.collection('messages').call(id, name, args),
    [client],
  );
  const dismiss = useCallback(
    async (id: string) => {
      // Away at once, and back only when the server says that it stays.
      setAway((before) => new Set([...before, id]));
      const result = await call(id, 'dismiss', { device: deviceId() });
      if (!result.ok && result.code === 'precondition') {
        setAway((before) => new Set([...before].filter((each) => each !== id)));
      }
      return result;
    },
    [call],
  );
  const commands = useMemo(
    () => ({
      create: (fields: MessageCreate) => client.collection('messages').create({ ...fields }),
      update: (id: string, fields: MessagePatch) =>
        client.collection('messages').patch(id, { ...fields }, { optimistic: true }),
      remove: (id: string) => client.collection('messages').delete(id),
      publish: (id: string, times: MessageTimes = {}) => call(id, 'publish', given(times)),
      withdraw: (id: string) => call(id, 'withdraw'),
      reactivate: (id: string, times: MessageTimes = {}) => call(id, 'reactivate', given(times)),
      seen: (id: string) => call(id, 'seen', { device: deviceId() }),
      click: (id: string) => call(id, 'click', { device: deviceId() }),
      dismiss,
    }),
    [client, call, dismiss],
  );
  return useMemo(() => {
    const device = receipts.length === 0 ? '' : deviceId();
    const put = new Set(
      receipts.flatMap((each) =>
        each.dismissedAt !== null && (each.device === '' || each.device === device) ? [each.message] : [],
      ),
    );
    const inPhase = (...phases: readonly MessageState[]): readonly SystemMessage[] =>
      data.filter((message) => phases.includes(phaseOf(message, now)));
    const activeMessages = inPhase('active');
    return {
      ...read,
      data,
      activeMessages,
      // Until it is known what was put away nothing is open: nobody is shown it for a moment once more.
      openMessages: known === 'loading' ? [] : activeMessages.filter(({ id }) => !put.has(id) && !away.has(id)),
      scheduledMessages: inPhase('scheduled'),
      expiredMessages: inPhase('expired', 'withdrawn'),
      statistics: statisticsOf(data, activeMessages, now),
      ...commands,
    };
  }, [read, data, receipts, known, away, now, commands]);
}

const NONE: ReadonlySet<string> = new Set();

function isFor({ audience, customers }: SystemMessage, customer: string): boolean {
  if (audience === undefined || audience === 'everyone') return true;
  return audience === 'customers' && (customers === undefined || customers === null || customers.includes(customer));
}

function given({ startsAt, endsAt }: MessageTimes): JsonObject {
  return { ...(startsAt === undefined ? {} : { startsAt }), ...(endsAt === undefined ? {} : { endsAt }) };
}

function statisticsOf(all: readonly SystemMessage[], active: readonly SystemMessage[], now: number): MessageStatistics {
  const sum = (field: 'clicked' | 'dismissed' | 'shown'): number =>
    all.reduce((total, message) => total + (message[field] ?? 0), 0);
  const count = <W extends string>(words: readonly W[], of: readonly W[]): Readonly<Record<W, number>> => {
    const counts = Object.fromEntries(words.map((word) => [word, of.filter((each) => each === word).length]));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: one count for each word.
    return counts as Record<W, number>;
  };
  return {
    byState: count(
      MESSAGE_STATES,
      all.map((message) => phaseOf(message, now)),
    ),
    byPriority: count(
      MESSAGE_PRIORITIES,
      active.map(({ priority }) => priority),
    ),
    shown: sum('shown'),
    clicked: sum('clicked'),
    dismissed: sum('dismissed'),
  };
}
