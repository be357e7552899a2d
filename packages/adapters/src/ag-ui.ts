/**
 * Events of AG-UI: a run is an execution, its steps, calls of tools and subagents are steps. For whoever runs an agent
 * (`agent.subscribe(agentSubscriber(...))`) and for whoever serves one (`runEvents(...)`, told of each event that goes out).
 */
import type { RunReport } from '@statewire/client';
import { begin, step, type Told } from './begin.ts';
import type { RunReporter } from './reporter.ts';
import { code, errorText, recordId, textOf } from './words.ts';

/** Whose runs they are. */
export interface AgentWords {
  /** The id of the agent. Executions are `<agent>:<runId>`. */
  readonly agent: string;
  /** What its runs are called. Default: the id of the agent. */
  readonly title?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What is read of an event. */
export interface AgentEvent {
  readonly type: string;
}

/** What `agent.subscribe` of `@ag-ui/client` takes. */
export interface AgentSubscriberLike {
  onEvent(heard: { readonly event: AgentEvent }): void;
  onRunFailed(failed: { readonly error: Error }): void;
  onRunFinalized(): void;
}

/** A subscriber that reports the runs of one agent. */
export function agentSubscriber(reporter: RunReporter, words: AgentWords): AgentSubscriberLike {
  const events = runEvents(reporter, words);
  return {
    onEvent: ({ event }) => events.hear(event),
    onRunFailed: ({ error }) => events.failed(error),
    onRunFinalized: () => events.ended(),
  };
}

/** The events of one run after the other. A server makes one for each run that it serves. */
export interface RunEvents {
  hear(event: AgentEvent): void;
  /** The stream broke. */
  failed(error: unknown): void;
  /** There are no more events. A run that did not say how it ended is lost. */
  ended(): void;
}

/** Reports the runs that events speak of. */
export function runEvents(reporter: RunReporter, words: AgentWords): RunEvents {
  return new Events(reporter, words);
}

class Events implements RunEvents {
  readonly #reporter: RunReporter;
  readonly #words: AgentWords;
  #run: Told | null = null;

  constructor(reporter: RunReporter, words: AgentWords) {
    this.#reporter = reporter;
    this.#words = words;
  }

  hear(event: AgentEvent): void {
    if (event.type === 'RUN_STARTED') {
      this.ended();
      const { agent, title = agent, labels } = this.#words;
      const parent = textOf(event, 'parentRunId');
      this.#run = begin(this.#reporter, {
        id: recordId(agent, textOf(event, 'runId') ?? ''),
        agent,
        title,
        ...(labels === undefined ? {} : { labels }),
        ...(parent === undefined ? {} : { parent: recordId(agent, parent) }),
      });
      return;
    }
    const end = endOf(event);
    if (end !== null) this.#end(end);
    else this.#say(stepOf(event, this.#reporter.env.now()));
  }

  failed(error: unknown): void {
    this.#end({ state: 'failed', reason: { code: 'error', text: errorText(error) } });
  }

  ended(): void {
    this.#end({ state: 'lost', reason: { code: 'cut', text: 'The events ended without an end of the run.' } });
  }

  #say(report: RunReport | null): void {
    if (report !== null) this.#run?.say(report);
  }

  #end(report: RunReport): void {
    this.#say(report);
    this.#run?.leave();
    this.#run = null;
  }
}

function endOf(event: AgentEvent): RunReport | null {
  if (event.type === 'RUN_ERROR') {
    return {
      state: 'failed',
      reason: { code: code(textOf(event, 'code') ?? '', 'error'), text: textOf(event, 'message') ?? '' },
    };
  }
  if (event.type !== 'RUN_FINISHED') return null;
  switch (textOf(Reflect.get(event, 'outcome'), 'type')) {
    case 'interrupt':
      return { state: 'waiting_input', reason: { code: 'interrupt', text: interruptOf(event) } };
    case 'cancelled':
      return { state: 'canceled', reason: { code: 'cancelled', text: '' } };
    default:
      return { state: 'succeeded' };
  }
}

/** What the run waits for, in its own words. */
function interruptOf(event: AgentEvent): string {
  const interrupts: unknown = Reflect.get(Object(Reflect.get(event, 'outcome')), 'interrupts');
  const first: unknown = Array.isArray(interrupts) ? interrupts[0] : undefined;
  return textOf(first, 'message') ?? textOf(first, 'reason') ?? '';
}

function stepOf(event: AgentEvent, at: number): RunReport | null {
  const name = textOf(event, 'stepName') ?? '';
  const call = textOf(event, 'toolCallId') ?? '';
  const subagent = textOf(event, 'subagentRunId') ?? '';
  switch (event.type) {
    case 'STEP_STARTED':
      return { stage: name, steps: [step(name, 'running', { title: name, at })] };
    case 'STEP_FINISHED':
      return { steps: [step(name, 'succeeded', { at })] };
    case 'TOOL_CALL_START':
      return { steps: [step(call, 'running', { title: textOf(event, 'toolCallName') ?? '', at })] };
    case 'TOOL_CALL_RESULT':
      return { steps: [step(call, 'succeeded', { at })] };
    case 'SUBAGENT_STARTED':
      return { steps: [step(subagent, 'running', { title: textOf(event, 'name') ?? 'subagent', at })] };
    case 'SUBAGENT_FINISHED':
      return { steps: [step(subagent, 'succeeded', { at })] };
    case 'SUBAGENT_ERROR':
      return { steps: [step(subagent, 'failed', { at })] };
    default:
      return null;
  }
}
