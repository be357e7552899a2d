/**
 * MCP, where this program is the client: a call of a tool with its progress, and tasks (2025-11-25), which go on when the call was
 * answered and are asked after. What a tool is given and answers is not reported, only the text of an error.
 */
import type { RunReport } from '@statewire/client';
import type { RunState } from '@statewire/model';
import type { Adapter, RunName } from './adapter.ts';
import { poll } from './poll.ts';
import type { RunReporter } from './reporter.ts';
import { errorText, recordId, textOf } from './words.ts';

/** What a job is called and to whom it belongs. */
export interface CallWords {
  /** The id of its record. */
  readonly id: string;
  readonly title: string;
  readonly kind?: string | undefined;
  readonly owner?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What a client of MCP takes with a call. */
export interface CallOptions {
  readonly onprogress: (progress: CallProgress) => void;
  readonly signal?: AbortSignal;
}

/** A notification of progress. */
export interface CallProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/**
 * Reports a call of a tool as a job, from its beginning to its answer: `call` gets what to hand to `client.callTool`. Resolves and rejects
 * as the call does. `signal` cancels it.
 */
export async function followCall<R>(
  reporter: RunReporter,
  words: CallWords,
  call: (options: CallOptions) => Promise<R>,
  signal?: AbortSignal,
): Promise<R> {
  const { id, ...rest } = words;
  const name: RunName = { collection: 'jobs', id };
  reporter.report(name, { kind: 'mcp', leaseMs: 60_000, ...rest, state: 'running' });
  reporter.keepAlive(name);
  const onprogress = ({ progress, total, message }: CallProgress): void =>
    reporter.report(name, {
      done: progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    });
  try {
    const result = await call(signal === undefined ? { onprogress } : { onprogress, signal });
    reporter.report(name, endOf(result));
    return result;
  } catch (error) {
    if (signal?.aborted === true) reporter.report(name, { state: 'canceled', reason: { code: 'aborted', text: '' } });
    else reporter.report(name, { state: isTimeout(error) ? 'timed_out' : 'failed', reason: reasonOf(error) });
    throw error;
  }
}

/** A task as a server tells it. */
export interface TaskLike {
  readonly taskId: string;
  readonly status: string;
  readonly statusMessage?: string | undefined;
  readonly pollInterval?: number | undefined;
  readonly ttl?: number | null | undefined;
}

/** Which task, and how to ask after it. */
export interface TaskOptions {
  /** What `tools/call` answered. */
  readonly task: TaskLike;
  /** Asks the server, by `tasks/get`. */
  readonly get: (taskId: string) => Promise<TaskLike>;
  readonly title: string;
  /** What the id of its record begins with, as the name of the server. Default `mcp`. */
  readonly prefix?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Follows a task until it has ended: it is `jobs/<prefix>:<taskId>`. */
export function followTask(reporter: RunReporter, options: TaskOptions): Adapter {
  const { task, get, title, prefix = 'mcp', labels } = options;
  const name: RunName = { collection: 'jobs', id: recordId(prefix, task.taskId) };
  const told = (now: TaskLike): RunReport => ({
    title,
    kind: 'mcp',
    leaseMs: LEASE_MS,
    ...(labels === undefined ? {} : { labels }),
    ...taskReport(now),
  });
  reporter.report(name, told(task));
  return poll(reporter, name, {
    ask: async () => {
      try {
        return told(await get(task.taskId));
      } catch (error) {
        if (isUnknownTask(error)) return null;
        throw error;
      }
    },
    everyMs: task.pollInterval ?? EVERY_MS,
  });
}

function taskReport({ status, statusMessage = '' }: TaskLike): RunReport {
  const state = STATES[status];
  if (state === 'failed' || state === 'canceled') return { state, reason: { code: state, text: statusMessage } };
  // A word of next year means only that it goes on.
  return { ...(state === undefined ? {} : { state }), message: statusMessage };
}

/** The server answered, and what it says is that there is no such task. */
function isUnknownTask(error: unknown): boolean {
  return typeof error === 'object' && error !== null && Reflect.get(error, 'code') === INVALID_PARAMS;
}

/** A tool that says that it failed has answered, as far as MCP goes. */
function endOf(result: unknown): RunReport {
  if (typeof result !== 'object' || result === null || Reflect.get(result, 'isError') !== true) {
    return { state: 'succeeded' };
  }
  const content: unknown = Reflect.get(result, 'content');
  const text = Array.isArray(content) ? textOf(content[0], 'text') : undefined;
  return { state: 'failed', reason: { code: 'tool_error', text: text ?? '' } };
}

function reasonOf(error: unknown): NonNullable<RunReport['reason']> {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  const word = typeof code === 'number' ? `rpc_error_${code}` : typeof code === 'string' ? code.toLowerCase() : 'error';
  return { code: word, text: errorText(error) };
}

function isTimeout(error: unknown): boolean {
  return /timeout|-32001/.test(reasonOf(error).code);
}

const STATES: Readonly<Record<string, RunState | undefined>> = {
  working: 'running',
  input_required: 'waiting_input',
  completed: 'succeeded',
  failed: 'failed',
  cancelled: 'canceled',
};

const INVALID_PARAMS = -32_602;
const EVERY_MS = 1_000;
const LEASE_MS = 86_400_000;
