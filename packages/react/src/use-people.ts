/** Customers and users: rows that people edit together, so each comes with an optimistic change. */
import type { CommandResult, Where } from '@statewire/client';
import type { JsonObject, Row } from '@statewire/protocol';
import { useCallback, useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import { useRows } from './use-collection.ts';

/** A customer of the platform. The collection `customers` has to be defined on the server; it may have more fields. */
export interface Customer extends Row {
  readonly name: string;
  readonly status: string;
}

/** A user of the platform. The collection `users` has to be defined on the server; it may have more fields. */
export interface User extends Row {
  readonly name: string;
  readonly email: string;
  readonly status: string;
}

/** Which people are shown, and in which shape. */
export interface PeopleOptions<T extends Row> extends LiveOptions {
  readonly where?: Where<T> | undefined;
  /** Name of the collection, if it is another one. */
  readonly collection?: string | undefined;
}

/** People, live, and what can be done about them. */
export interface LivePeople<T extends Row> extends Live<readonly T[]> {
  /**
   * Changes fields of one. It shows at once, is taken back when the server refuses, and is a conflict when somebody else
   * changed one of these fields since the version that was on screen.
   */
  readonly update: (id: string, fields: JsonObject) => Promise<CommandResult>;
}

/** Customers, live. Without the collection on the server it is `denied` with `unknown_collection`. */
export function useCustomers<T extends Customer = Customer>(options: PeopleOptions<T> = {}): LivePeople<T> {
  return usePeople<T>('customers', options);
}

/** Users, live. Without the collection on the server it is `denied` with `unknown_collection`. */
export function useUsers<T extends User = User>(options: PeopleOptions<T> = {}): LivePeople<T> {
  return usePeople<T>('users', options);
}

function usePeople<T extends Row>(
  name: string,
  { where, collection = name, ...options }: PeopleOptions<T>,
): LivePeople<T> {
  const client = useClient();
  const live = useRows<T>(collection, { ...options, where });
  const rows = live.data;
  const update = useCallback(
    (id: string, fields: JsonObject) => {
      const base = rows.find((row) => row.id === id)?.version;
      return client.collection(collection).patch(id, fields, { base, optimistic: true });
    },
    [client, collection, rows],
  );
  return useMemo(() => ({ ...live, update }), [live, update]);
}
