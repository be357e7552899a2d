import type { RunReport } from '@statewire/client';
import type { RunName } from './adapter.ts';
import type { RunReporter } from './reporter.ts';
import { line } from './words.ts';

/** An execution that an adapter begins: which one, whose, and what it is called. */
export interface ExecutionWords {
  /** The id of its record. The same id again goes on with the same execution, unless it has ended. */
  readonly id: string;
  /** The id of the agent whose run it is. */
  readonly agent: string;
  readonly title: string;
  /** The execution that this one is a part of. */
  readonly parent?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How long it may say nothing before it is lost. Default 60 s; renewed while this process lives. */
  readonly leaseMs?: number | undefined;
  /** Which try of the same execution it is. Default 1. */
  readonly attempt?: number | undefined;
}

/** Work of this very process, as its adapter tells it. */
export interface Told {
  readonly name: RunName;
  /** More of the present attempt. */
  say(fields: RunReport): void;
  /** It goes on elsewhere, or later: nothing renews its lease from here. */
  leave(): void;
}

/** Reports an execution as running, and renews its lease until it ends. */
export function begin(reporter: RunReporter, { id, ...words }: ExecutionWords): Told {
  const name: RunName = { collection: 'executions', id };
  const { attempt = 1 } = words;
  reporter.report(name, { leaseMs: 60_000, ...words, attempt, state: 'running' });
  reporter.keepAlive(name);
  return {
    name,
    say: (fields) => reporter.report(name, { attempt, ...fields }),
    leave: () => reporter.release(name),
  };
}

/** Passes a stream on as it is. `heard` is told of each item, `over` of the end: by itself, by an error, or because its reader left. */
export async function* through<T>(
  stream: AsyncIterable<T>,
  heard: (item: T) => void,
  over: (how: StreamEnd) => void,
): AsyncGenerator<T, void, undefined> {
  let how: StreamEnd = { at: 'left' };
  try {
    for await (const item of stream) {
      heard(item);
      yield item;
    }
    how = { at: 'end' };
  } catch (error) {
    how = { at: 'error', error };
    throw error;
  } finally {
    over(how);
  }
}

/** How a stream came to its end. */
export type StreamEnd =
  | { readonly at: 'end' }
  | { readonly at: 'error'; readonly error: unknown }
  | { readonly at: 'left' };

/** A step of an execution. Titles of steps are names of tools and stages, never what was said. */
export function step(
  id: string,
  state: 'canceled' | 'failed' | 'running' | 'succeeded' | 'waiting_input',
  more: { readonly title?: string | undefined; readonly at: number },
): NonNullable<RunReport['steps']>[number] {
  const { title, at } = more;
  const isOpen = state === 'running' || state === 'waiting_input';
  return {
    id: line(id, 128),
    state,
    ...(title === undefined ? {} : { title }),
    ...(isOpen ? (state === 'running' ? { startedAt: at } : {}) : { endedAt: at }),
  };
}
