import { stepCountIs, streamText, tool, type Part } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { z } from 'zod';
import { followAnswer } from '../../packages/adapters/src/ai-sdk.ts';
import type { RunReporter } from '../../packages/adapters/src/reporter.ts';
import { FAULT, type Peer, type Work } from './peer.ts';

const usage = { inputTokens: { total: 3, noCache: 3 }, outputTokens: { total: 5, text: 5 } };

/** The AI SDK's own `streamText` with the model that it plays for tests: it calls a tool, then answers until it is told to end. */
export class AiPeer implements Peer {
  readonly wire = 'AI SDK';
  readonly collection = 'executions';
  readonly isCancelable = true;
  readonly #told: { readonly id: string; readonly title: string; readonly parts: Part[] }[] = [];
  #reporter: RunReporter | null = null;

  follow(reporter: RunReporter): { close(): void } {
    this.#reporter = reporter;
    return { close: () => undefined };
  }

  begin(title: string): Promise<Work> {
    const id = `answer-${this.#told.length}`;
    const parts: Part[] = [];
    this.#told.push({ id, title, parts });
    const abort = new AbortController();
    const last = Promise.withResolvers<ReadableStreamDefaultController>();
    const { fullStream } = streamText({
      model: modelOf(last.resolve),
      prompt: 'What is for dinner?',
      tools: { pantry: tool({ inputSchema: z.object({}), execute: () => Promise.resolve('rice') }) },
      stopWhen: stepCountIs(3),
      maxRetries: 0,
      abortSignal: abort.signal,
      onError: () => undefined,
    });
    // An answer that breaks throws where it is read, too.
    this.#read(id, title, fullStream, parts).catch(() => undefined);
    const shows = {
      agent: 'chef',
      title,
      progress: { done: 1, unit: 'steps', stage: 'answering' },
      steps: { 0: { title: 'pantry', state: 'succeeded' } },
    };
    const end = async (how: 'cancel' | 'fail' | 'succeed'): Promise<void> => {
      const answer = await last.promise;
      if (how === 'cancel') abort.abort();
      if (how !== 'succeed') return answer.error(how === 'fail' ? new Error(FAULT) : abort.signal.reason);
      answer.enqueue({ type: 'text-end', id: '1' });
      answer.enqueue({ type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage });
      return answer.close();
    };
    return Promise.resolve({ id, shows, end });
  }

  async replay(reporter: RunReporter): Promise<void> {
    for (const { id, title, parts } of this.#told)
      for await (const part of followAnswer(reporter, { id, agent: 'chef', title }, listed(parts))) void part;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #read(id: string, title: string, stream: AsyncIterable<Part>, parts: Part[]): Promise<void> {
    if (this.#reporter === null) throw new Error('nobody follows');
    for await (const part of followAnswer(this.#reporter, { id, agent: 'chef', title }, stream)) parts.push(part);
  }
}

/** Calls the tool, and at the second time begins to answer and hands out how it goes on. */
function modelOf(answering: (controller: ReadableStreamDefaultController) => void): object {
  let calls = 0;
  return new MockLanguageModelV4({
    doStream: () => {
      calls += 1;
      const isFirst = calls === 1;
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue({ type: 'stream-start', warnings: [] });
          if (!isFirst) {
            controller.enqueue({ type: 'text-start', id: '1' });
            controller.enqueue({ type: 'text-delta', id: '1', delta: 'Rice' });
            return answering(controller);
          }
          controller.enqueue({ type: 'tool-call', toolCallId: 'call-1', toolName: 'pantry', input: '{}' });
          controller.enqueue({ type: 'finish', finishReason: { unified: 'tool-calls', raw: 'tool' }, usage });
          return controller.close();
        },
      });
      return Promise.resolve({ stream });
    },
  });
}

async function* listed<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}
