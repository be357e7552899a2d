import type { CommandResult, RunReport } from '@statewire/client';
import type { ServiceReport } from '@statewire/model';

/** Follows one source of runs until it is closed. What it has seen is the reporter's to say: `flush` waits for that. */
export interface Adapter {
  close(): void;
}

/** Which run: the record it is. */
export interface RunName {
  readonly collection: 'executions' | 'jobs';
  readonly id: string;
}

/** What takes reports. A client of `createClient` is one. */
export interface Board {
  readonly jobs: Takes<RunReport>;
  readonly executions: Takes<RunReport>;
  readonly services: Takes<ServiceReport>;
}

/** Takes reports of one collection; never rejects. */
export interface Takes<R> {
  report(id: string, fields: R): Promise<CommandResult>;
}
