/** What the tests use of BullMQ, as far as they use it; pages of the documentation are compiled against its own declarations. */
export interface Job {
  readonly id?: string;
  readonly name: string;
  readonly progress: unknown;
  readonly attemptsStarted: number;
  readonly failedReason?: string;
  getState(): Promise<string>;
  updateProgress(progress: number | object): Promise<void>;
  remove(): Promise<void>;
}
interface Options {
  readonly connection: unknown;
  readonly concurrency?: number;
}
export declare class Queue {
  readonly name: string;
  constructor(name: string, options: Options);
  on(event: 'error', heard: (error: Error) => void): this;
  add(name: string, data: object, options?: Readonly<Record<string, unknown>>): Promise<Job>;
  getJob(id: string): Promise<Job | undefined>;
  getJobs(types: string[], start: number, end: number): Promise<Job[]>;
  close(): Promise<void>;
}
export declare class QueueEvents {
  constructor(name: string, options: Options);
  on(event: string, heard: (args: never) => void): this;
  off(event: string, heard: (args: never) => void): this;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}
export declare class Worker {
  constructor(name: string, work: (job: Job) => Promise<unknown>, options: Options);
  on(event: 'error', heard: (error: Error) => void): this;
  close(force?: boolean): Promise<void>;
}
