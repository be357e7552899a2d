/**
 * Tasks of A2A, where this program is the client: the stream of a message is passed on and reported; a task that goes on elsewhere, or
 * whose stream broke, is asked after. Understands the words of protocol 1.0 and those of 0.3.
 */
import type { RunReport } from '@statewire/client';
import type { RunState } from '@statewire/model';
import type { Adapter, RunName } from './adapter.ts';
import { through } from './begin.ts';
import { poll } from './poll.ts';
import { isEnd, type RunReporter } from './reporter.ts';
import { recordId, textOf } from './words.ts';

/** Whose tasks they are, and what they are called. */
export interface A2aWords {
  /** The id of the agent. Executions are `<agent>:<task id>`. */
  readonly agent: string;
  readonly title: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What is needed of a client of `@a2a-js/sdk`. */
export interface A2aClientLike {
  getTask(of: { tenant: string; id: string; historyLength?: number }): Promise<object>;
}

/** Which task, and who knows of it. */
export interface A2aTaskOptions extends A2aWords {
  readonly client: A2aClientLike;
  readonly taskId: string;
  /** How often the agent is asked. Default 2 s. */
  readonly everyMs?: number | undefined;
}

/** Follows a task by asking after it until it has ended. */
export function followA2aTask(reporter: RunReporter, options: A2aTaskOptions): Adapter {
  const { client, taskId, everyMs = EVERY_MS } = options;
  return poll(reporter, nameOf(options, taskId), {
    ask: async () => {
      try {
        return reportOf(options, await client.getTask({ tenant: '', id: taskId, historyLength: 0 }));
      } catch (error) {
        if (isUnknownTask(error)) return null;
        throw error;
      }
    },
    everyMs,
  });
}

/**
 * Passes the stream of `sendMessageStream` or `resubscribeTask` on, and reports the task it tells of. When the stream is over before the
 * task, and a `client` is given, the task is asked after until it has ended.
 */
export function followA2aStream<E extends object>(
  reporter: RunReporter,
  words: A2aWords & { readonly client?: A2aClientLike | undefined },
  stream: AsyncIterable<E>,
): AsyncGenerator<E, void, undefined> {
  let taskId: string | null = null;
  let isOver = false;
  const hear = (event: E): void => {
    const said = bodyOf(event);
    // A plain message is an answer without a task.
    const id = textOf(said, 'taskId') ?? (Reflect.has(said, 'status') ? textOf(said, 'id') : undefined);
    if (id === undefined || id === '') return;
    taskId = id;
    const report = reportOf(words, said);
    isOver = isEnd(report);
    reporter.report(nameOf(words, id), report);
  };
  return through(stream, hear, () => {
    if (taskId === null || isOver) return;
    const { client } = words;
    if (client === undefined) reporter.release(nameOf(words, taskId));
    else followA2aTask(reporter, { ...words, client, taskId });
  });
}

/** The agent answered that there is no such task. */
function isUnknownTask(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return Reflect.get(error, 'name') === 'TaskNotFoundError' || Reflect.get(error, 'code') === -32001;
}

function nameOf({ agent }: A2aWords, taskId: string): RunName {
  return { collection: 'executions', id: recordId(agent, taskId) };
}

/** What an event of a stream carries: `{payload: {value}}` as the SDK hands it out, or the thing itself. */
function bodyOf(event: object): object {
  const payload: unknown = Reflect.get(event, 'payload');
  const value: unknown = typeof payload === 'object' && payload !== null ? Reflect.get(payload, 'value') : undefined;
  return typeof value === 'object' && value !== null ? value : event;
}

/** A task, or news of its status or of an artifact. */
function reportOf({ agent, title, labels }: A2aWords, said: object): RunReport {
  const base: RunReport = { agent, title, leaseMs: LEASE_MS, ...(labels === undefined ? {} : { labels }) };
  const artifact = textOf(Reflect.get(said, 'artifact'), 'name');
  const status: unknown = Reflect.get(said, 'status');
  if (typeof status !== 'object' || status === null) return artifact ? { ...base, stage: artifact } : base;
  const word = wordOf(Reflect.get(status, 'state'));
  const text = textIn(Reflect.get(status, 'message'));
  const state = STATES[word];
  if (state === undefined) return base;
  const code = CODES[word];
  return {
    ...base,
    state,
    ...(code === undefined ? (text === '' ? {} : { message: text }) : { reason: { code, text } }),
  };
}

/** 1.0 counts its states in the SDK and names them in JSON, 0.3 has words of its own. */
function wordOf(state: unknown): string {
  if (typeof state === 'number') return NUMBERED[state] ?? '';
  return typeof state === 'string' ? state.toLowerCase().replace('task_state_', '').replaceAll('-', '_') : '';
}

/** The first text of a message. */
function textIn(message: unknown): string {
  const parts: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'parts') : undefined;
  for (const part of Array.isArray(parts) ? parts : []) {
    const content: unknown = Reflect.get(Object(part), 'content');
    const text = textOf(content, 'value') ?? textOf(part, 'text');
    if (text !== undefined) return text;
  }
  return '';
}

const NUMBERED: readonly string[] = [
  '',
  'submitted',
  'working',
  'completed',
  'failed',
  'canceled',
  'input_required',
  'rejected',
  'auth_required',
];

const STATES: Readonly<Record<string, RunState | undefined>> = {
  submitted: 'queued',
  working: 'running',
  completed: 'succeeded',
  failed: 'failed',
  canceled: 'canceled',
  rejected: 'failed',
  input_required: 'waiting_input',
  auth_required: 'waiting_input',
};

/** States whose message is the reason. */
const CODES: Readonly<Record<string, string | undefined>> = {
  failed: 'failed',
  canceled: 'canceled',
  rejected: 'rejected',
  input_required: 'input_required',
  auth_required: 'auth_required',
};

const EVERY_MS = 2_000;
const LEASE_MS = 86_400_000;
