import { compileWhere, type CommandResult, type Where } from '@statewire/client';
import type { JsonObject, Row } from '@statewire/protocol';
import { useCallback, useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import { useRows } from './use-collection.ts';
import { useDue } from './use-due.ts';

/** A word to everybody, or to one customer. The collection `messages` has to be defined on the server. */
export interface SystemMessage extends Row {
  readonly title: string;
  readonly text: string;
  readonly severity: string;
  /** Id of the customer it is for; null for everybody. */
  readonly client: string | null;
  /** From then on it is not shown any more, epoch ms; null when it stays. */
  readonly expiresAt: number | null;
}

/** Which messages are shown, to whom. */
export interface SystemMessagesOptions extends LiveOptions {
  /** Only those for this customer, and those for everybody. */
  readonly client?: string | undefined;
  /** Name of the collection. Default `messages`. */
  readonly collection?: string | undefined;
  readonly where?: Where<SystemMessage> | undefined;
}

/** Messages, those that still count apart from those that do not. */
export interface LiveSystemMessages extends Live<readonly SystemMessage[]> {
  /** Not ended on the server's clock; moves at that very moment, without anything being sent. */
  readonly activeMessages: readonly SystemMessage[];
  readonly expiredMessages: readonly SystemMessage[];
  readonly create: (fields: JsonObject) => Promise<CommandResult>;
  readonly update: (id: string, fields: JsonObject) => Promise<CommandResult>;
  readonly remove: (id: string) => Promise<CommandResult>;
}

/** System messages, live. Without the collection on the server it is `denied` with `unknown_collection`. */
export function useSystemMessages(options: SystemMessagesOptions = {}): LiveSystemMessages {
  const { client: customer, collection = 'messages', where, ...live } = options;
  const client = useClient();
  const read = useRows<SystemMessage>(collection, { ...live, where: whereOf(customer, where) });
  const ends = useMemo(() => read.data.map(({ expiresAt }) => expiresAt), [read.data]);
  const now = useDue(ends);
  const create = useCallback(
    (fields: JsonObject) => client.collection(collection).create(fields),
    [client, collection],
  );
  const update = useCallback(
    (id: string, fields: JsonObject) => client.collection(collection).patch(id, fields, { optimistic: true }),
    [client, collection],
  );
  const remove = useCallback((id: string) => client.collection(collection).delete(id), [client, collection]);
  return useMemo(() => {
    const isActive = ({ expiresAt }: SystemMessage): boolean => expiresAt === null || expiresAt > now;
    const activeMessages = read.data.filter(isActive);
    const expiredMessages = read.data.filter((message) => !isActive(message));
    return { ...read, activeMessages, expiredMessages, create, update, remove };
  }, [read, now, create, update, remove]);
}

function whereOf(
  customer: string | undefined,
  where: Where<SystemMessage> | undefined,
): Where<SystemMessage> | undefined {
  if (customer === undefined) return where;
  const theirs = ['or', ['null', 'client', true], ['eq', 'client', customer]];
  const more = compileWhere(where);
  return more === undefined ? theirs : ['and', theirs, more];
}
