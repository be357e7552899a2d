/** Customers and users: rows that people edit together, so each comes with an optimistic change. */
import { compileWhere, type CommandResult, type SortField, type Where } from '@statewire/client';
import type { Customer, User } from '@statewire/model';
import type { Direction, Json, JsonObject, Row } from '@statewire/protocol';
import { useCallback, useMemo } from 'react';
import type { LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import { useRows, type LiveRows } from './use-collection.ts';

/** Which people are shown, in which order, and how many of them. */
export interface PeopleOptions<T extends Row> extends LiveOptions {
  /** Only records for which this holds. May be a new object on each render. */
  readonly where?: Where<T> | undefined;
  /** Somewhere in the name, the e-mail address or the id in another system; case is not told apart. */
  readonly search?: string | undefined;
  readonly sort?: readonly (readonly [field: SortField<T>, direction: Direction])[] | undefined;
  /** Only so many, 1 to 1000: `total` says how many there are. */
  readonly limit?: number | undefined;
  /** With `limit`: behind the first so many, behind an `endCursor`, or before a `startCursor`. One of them. */
  readonly skip?: number | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  /** Name of the collection, if it is another one: of the app. */
  readonly collection?: string | undefined;
}

/** People, live, and what can be done about them. */
export interface LivePeople<T extends Row> extends LiveRows<T> {
  /**
   * Changes fields of one. It shows at once, is taken back when the server refuses, and is a conflict when somebody else
   * changed one of these fields since the version that was on screen.
   */
  readonly update: (id: string, fields: JsonObject) => Promise<CommandResult>;
  /** Makes one. */
  readonly create: (fields: JsonObject) => Promise<CommandResult>;
  /** Deletes one. A customer that has users is refused. */
  readonly remove: (id: string) => Promise<CommandResult>;
}

/** Customers, live. */
export function useCustomers<T extends Row = Customer>(options: PeopleOptions<T> = {}): LivePeople<T> {
  return usePeople<T>('customers', options);
}

/** Users of the platform, live. */
export function useUsers<T extends Row = User>(options: PeopleOptions<T> = {}): LivePeople<T> {
  return usePeople<T>('users', options);
}

function usePeople<T extends Row>(
  name: string,
  { where, search = '', collection = name, ...options }: PeopleOptions<T>,
): LivePeople<T> {
  const client = useClient();
  const live = useRows<T>(collection, { ...options, where: search === '' ? where : searched(where, search) });
  const rows = live.data;
  const update = useCallback(
    (id: string, fields: JsonObject) => {
      const base = rows.find((row) => row.id === id)?.version;
      return client.collection(collection).patch(id, fields, { base, optimistic: true });
    },
    [client, collection, rows],
  );
  const create = useCallback(
    (fields: JsonObject) => client.collection(collection).create(fields),
    [client, collection],
  );
  const remove = useCallback((id: string) => client.collection(collection).delete(id), [client, collection]);
  return useMemo(() => {
    const { startCursor: _, endCursor: __, ...shown } = live;
    return {
      ...shown,
      get startCursor() {
        return live.startCursor;
      },
      get endCursor() {
        return live.endCursor;
      },
      update,
      create,
      remove,
    };
  }, [live, update, create, remove]);
}

/** What is asked for anyway, and the text in one of the fields that people look for others by. */
function searched<T extends Row>(where: Where<T> | undefined, text: string): readonly Json[] {
  const found = ['or', ...SEARCHED.map((field) => ['contains', field, text])];
  const others = compileWhere(where);
  return others === undefined ? found : ['and', others, found];
}

const SEARCHED = ['name', 'email', 'externalId'] as const;
