import { createServer, type Server } from 'node:http';
import { ClientFactory, type A2aClient } from '@a2a-js/sdk/client';
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
  UnauthenticatedUser,
} from '@a2a-js/sdk/server';
import { followA2aStream, followA2aTask } from '../../packages/adapters/src/a2a.ts';
import type { RunReporter } from '../../packages/adapters/src/reporter.ts';
import { freePort } from '../../packages/server/src/testing/free-port.ts';
import { until } from '../harness/until.ts';
import { Ends } from './ends.ts';
import { FAULT, type Peer, type Work } from './peer.ts';

const SUBMITTED = 1;
const WORKING = 2;
const COMPLETED = 3;
const FAILED = 4;
const CANCELED = 5;

/** An agent of A2A's own server, over HTTP, and A2A's own client that talks to it. */
export class A2aPeer implements Peer {
  readonly wire = 'A2A';
  readonly collection = 'executions';
  readonly isCancelable = true;
  readonly #http: Server;
  readonly #client: A2aClient;
  readonly #ends: Ends<number>;
  readonly #tasks: string[] = [];
  #reporter: RunReporter | null = null;

  private constructor(http: Server, client: A2aClient, ends: Ends<number>) {
    this.#http = http;
    this.#client = client;
    this.#ends = ends;
  }

  static async start(): Promise<A2aPeer> {
    const ends = new Ends<number>();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const http = serve(url, ends);
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
    return new A2aPeer(http, await new ClientFactory().createFromUrl(url), ends);
  }

  follow(reporter: RunReporter): { close(): void } {
    this.#reporter = reporter;
    return { close: () => undefined };
  }

  async begin(title: string): Promise<Work> {
    if (this.#reporter === null) throw new Error('nobody follows');
    const message = { ...said(title), role: 1 };
    const stream = this.#client.sendMessageStream({
      tenant: '',
      message,
      configuration: undefined,
      metadata: undefined,
    });
    // Of one task the stream is left at once: what becomes of it is asked.
    const isLeft = title === 'witness';
    const words = { agent: 'waiter', title, client: this.#client };
    const first = Promise.withResolvers<string>();
    void this.#read(followA2aStream(this.#reporter, words, stream), first.resolve, isLeft);
    const taskId = await first.promise;
    this.#tasks.push(taskId);
    return {
      id: `waiter:${taskId}`,
      shows: { agent: 'waiter', title, progress: { message: 'row 3' } },
      end: async (how) => {
        if (how === 'cancel') await this.#client.cancelTask({ tenant: '', id: taskId });
        else this.#ends.of(taskId).resolve(how === 'succeed' ? COMPLETED : FAILED);
      },
    };
  }

  async replay(reporter: RunReporter): Promise<void> {
    for (const taskId of this.#tasks)
      followA2aTask(reporter, { agent: 'waiter', title: 'again', client: this.#client, taskId, everyMs: 100 });
    await until('all to be said again', () => reporter.open.length === 0);
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #read(stream: AsyncIterable<object>, first: (taskId: string) => void, isLeft: boolean): Promise<void> {
    for await (const event of stream) {
      const value: unknown = Reflect.get(Object(Reflect.get(event, 'payload')), 'value');
      const id: unknown = Reflect.get(Object(value), 'id');
      if (typeof id === 'string') first(id);
      if (isLeft) return;
    }
  }
}

function serve(url: string, ends: Ends<number>): Server {
  const card = {
    name: 'Waiter',
    description: 'Brings what was ordered.',
    version: '1.0.0',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' }],
    capabilities: { streaming: true, pushNotifications: false, extensions: [] },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
    securitySchemes: {},
    securityRequirements: [],
    signatures: [],
  };
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), {
    async execute({ taskId, contextId }, bus) {
      const news = (state: number, text: string): void =>
        bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: statusOf(state, text), metadata: undefined }));
      const status = statusOf(SUBMITTED, '');
      bus.publish(AgentEvent.task({ id: taskId, contextId, status, artifacts: [], history: [], metadata: undefined }));
      news(WORKING, 'row 3');
      const state = await ends.of(taskId).promise;
      news(state, state === FAILED ? FAULT : '');
      bus.finished();
    },
    cancelTask: (taskId) => {
      ends.of(taskId).resolve(CANCELED);
      return Promise.resolve();
    },
  });
  const rpc = new JsonRpcTransportHandler(handler);
  return createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      void (async () => {
        if (request.method === 'GET') return response.end(JSON.stringify(card));
        const context = new ServerCallContext({ user: new UnauthenticatedUser(), requestedVersion: '1.0' });
        const answer = await rpc.handle(JSON.parse(body), context);
        if (!(Symbol.asyncIterator in answer)) {
          response.setHeader('content-type', 'application/json');
          return response.end(JSON.stringify(answer));
        }
        response.setHeader('content-type', 'text/event-stream');
        for await (const event of answer) response.write(`data: ${JSON.stringify(event)}\n\n`);
        return response.end();
      })();
    });
  });
}

function statusOf(state: number, text: string): object {
  return { state, message: text === '' ? undefined : said(text), timestamp: '2026-01-01T00:00:00Z' };
}

function said(text: string): object {
  const content = { $case: 'text', value: text };
  const part = { content, metadata: undefined, filename: '', mediaType: '' };
  const of = { messageId: `m-${text}`, contextId: '', taskId: '', role: 2 };
  return { ...of, parts: [part], metadata: undefined, extensions: [], referenceTaskIds: [] };
}
