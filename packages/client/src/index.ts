export { fullEnv as browserEnv } from './full-env.ts';
export { createClient, type Client, type FullOptions } from './create.ts';
export type { ClientOptions, CoreClient, KnownRows } from './client.ts';
export { Collection, Query, type AggregateWish, type Group, type SortField } from './collection.ts';
export type {
  Bodies,
  CommandOptions,
  CoreCollection,
  CoreQuery,
  CreateOptions,
  Subscription,
} from './core-collection.ts';
export {
  compileWhere,
  type Bounds,
  type Chosen,
  type Condition,
  type FieldOf,
  type FieldPath,
  type Where,
} from './where.ts';
export type { CustomCollection } from './custom.ts';
export type { CommandResult, Conflict } from './errors.ts';
export type { BulkLine, BulkResult } from './bulk.ts';
export { CommandsView, type CommandEntry, type CommandsState } from './views/commands-view.ts';
export type { TokenSource } from './session/driver.ts';
export type { Lane, Lanes } from './session/quality.ts';
export type { SaverMode } from './session/saver.ts';
export { CollectionView } from './views/collection-view.ts';
export { RecordView, type RecordState } from './views/record-view.ts';
export { ConnectionView, type ConnectionState } from './views/connection-view.ts';
export type { CollectionState, Freshness } from './views/shown.ts';
export type { ConnectionStatus, ViewStatus } from './views/status.ts';
export { reasonText } from './views/reason.ts';
export { Agents, type AgentCard, type PresentAgent } from './report/agents.ts';
export type { InstructionHandler, InstructionReply } from './report/instructions.ts';
export { Here, type Me } from './report/here.ts';
export { MetricReporter, type MetricWords } from './report/metric.ts';
export { Connections } from './report/connections.ts';
export { Runs, type RunStart } from './report/runs.ts';
export type { Run, RunReport } from './report/run.ts';
export {
  type Network,
  type AskEvents,
  type Asking,
  type Env,
  type Fetch,
  type Signal,
  type SocketLike,
  type Timer,
} from './env.ts';
export type { Dial, Role, Transport, Wire, WireEvents } from './connect/transport.ts';
export { createPresenter, type Presenter } from './tabs/presenter.ts';
