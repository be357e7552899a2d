'use client';
/** The smallest of it: the provider and the generic hooks. `@statewire/react` is this and all that has a name. */
export { StatewireProvider, useClient } from './provider.tsx';
export { LiveError, type Live, type LiveOptions } from './live.ts';
export {
  useCollection,
  useRows,
  type ChosenRow,
  type CollectionOptions,
  type LiveRows,
  type RowOf,
} from './use-collection.ts';
export { useAggregate, useCount, type AggregateOptions } from './use-aggregate.ts';
export { useWindow, type LiveWindow, type WindowOptions } from './use-window.ts';
export { useRecord, useRow } from './use-record.ts';
export { useConnection, type LiveConnection } from './use-connection.ts';
export { useCommand, useCommands, type LiveCommand } from './use-command.ts';
