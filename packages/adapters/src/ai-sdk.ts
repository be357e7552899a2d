/**
 * What the AI SDK (`ai`) streams: one execution per answer, one step per call of a tool. Reads the parts of `fullStream` and the
 * chunks of `toUIMessageStream()`; passes them on as they are. What was asked and answered is not reported, only how it goes.
 */
import type { RunReport } from '@statewire/client';
import { begin, step, through, type ExecutionWords, type StreamEnd, type Told } from './begin.ts';
import type { RunReporter } from './reporter.ts';
import { code, errorText, textOf } from './words.ts';

/** What is read of a part. Parts of other types and all other fields are let through unread. */
export interface StreamPart {
  readonly type: string;
}

/** Passes the stream of an answer on, and reports it as an execution while somebody reads it. */
export function followAnswer<P extends StreamPart>(
  reporter: RunReporter,
  words: ExecutionWords,
  stream: AsyncIterable<P>,
): AsyncGenerator<P, void, undefined> {
  let answer: Answer | null = null;
  const told = (): Answer => (answer ??= new Answer(begin(reporter, words), () => reporter.env.now()));
  return through(
    stream,
    (part) => told().hear(part),
    (how) => told().over(how),
  );
}

class Answer {
  readonly #told: Told;
  readonly #now: () => number;
  /** Calls of tools that a person has to allow first. */
  readonly #unanswered = new Set<string>();
  #steps = 0;
  #isOver = false;
  #error: string | null = null;

  constructor(told: Told, now: () => number) {
    this.#told = told;
    this.#now = now;
  }

  hear(part: StreamPart): void {
    const report = this.#reportOf(part);
    if (report === null || this.#isOver) return;
    this.#isOver = report.state !== undefined && report.state !== 'running';
    this.#told.say(report);
    if (report.state === 'waiting_input') this.#told.leave();
  }

  over(how: StreamEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (how.at === 'left') this.#told.say({ state: 'canceled', reason: { code: 'left', text: 'Its reader left.' } });
    else if (how.at === 'error') this.#told.say(failed(errorText(how.error)));
    else if (this.#error !== null) this.#told.say(failed(this.#error));
    else
      this.#told.say({
        state: 'lost',
        reason: { code: 'cut', text: 'The stream ended without an end of the answer.' },
      });
  }

  #reportOf(part: StreamPart): RunReport | null {
    const at = this.#now();
    const call = textOf(part, 'toolCallId') ?? '';
    switch (part.type) {
      case 'reasoning-start':
        return { stage: 'thinking' };
      case 'text-start':
        return { stage: 'answering' };
      case 'tool-call':
      case 'tool-input-available': {
        const title = textOf(part, 'toolName') ?? '';
        return { stage: title, steps: [step(call, 'running', { title, at })] };
      }
      case 'tool-result':
      case 'tool-output-available':
        return { steps: [step(call, 'succeeded', { at })] };
      case 'tool-error':
      case 'tool-output-error':
      case 'tool-input-error':
        return { steps: [step(call, 'failed', { at })] };
      case 'tool-output-denied':
        this.#unanswered.delete(call);
        return { steps: [step(call, 'canceled', { at })] };
      case 'tool-approval-request': {
        if (Reflect.get(part, 'isAutomatic') === true) return null;
        const asked = call === '' ? (textOf(Reflect.get(part, 'toolCall'), 'toolCallId') ?? '') : call;
        this.#unanswered.add(asked);
        return { steps: [step(asked, 'waiting_input', { at })] };
      }
      case 'finish-step':
        this.#steps += 1;
        return { done: this.#steps, unit: 'steps' };
      case 'abort':
        return { state: 'canceled', reason: { code: 'aborted', text: textOf(part, 'reason') ?? '' } };
      case 'error':
        this.#error = textOf(part, 'errorText') ?? errorText(Reflect.get(part, 'error'));
        return null;
      case 'finish':
        return this.#finish(textOf(part, 'finishReason') ?? 'stop');
      default:
        return null;
    }
  }

  #finish(reason: string): RunReport {
    if (this.#error !== null || reason === 'error') return failed(this.#error ?? 'The model failed.');
    if (this.#unanswered.size > 0) {
      return { state: 'waiting_input', reason: { code: 'approval', text: 'A call of a tool has to be allowed.' } };
    }
    return { state: 'succeeded', reason: { code: code(reason, 'stop'), text: '' } };
  }
}

function failed(text: string): RunReport {
  return { state: 'failed', reason: { code: 'error', text } };
}
