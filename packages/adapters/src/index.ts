export type { Adapter, Board, RunName, Takes } from './adapter.ts';
export { RunReporter, type Refused, type RunReporterOptions } from './reporter.ts';
