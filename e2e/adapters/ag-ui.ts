import { createServer, type Server } from 'node:http';
import { HttpAgent } from '@ag-ui/client';
import { EventEncoder } from '@ag-ui/encoder';
import { agentSubscriber, runEvents, type AgentEvent } from '../../packages/adapters/src/ag-ui.ts';
import type { RunReporter } from '../../packages/adapters/src/reporter.ts';
import { freePort } from '../../packages/server/src/testing/free-port.ts';
import { FAULT, type Peer, type Work } from './peer.ts';

type Ending = 'cancel' | 'fail' | 'succeed';

/** An agent behind HTTP whose events are written by AG-UI's encoder, and AG-UI's own client that runs it. */
export class AgUiPeer implements Peer {
  readonly wire = 'AG-UI';
  readonly collection = 'executions';
  readonly isCancelable = true;
  readonly #server: Server;
  readonly #port: number;
  readonly #ends = new Map<string, PromiseWithResolvers<Ending>>();
  readonly #told: AgentEvent[][] = [];
  #reporter: RunReporter | null = null;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { threadId, runId } = JSON.parse(body);
        const encoder = new EventEncoder();
        response.writeHead(200, { 'content-type': encoder.getContentType() });
        const say = (event: { readonly type: string; readonly [field: string]: unknown }): void =>
          void response.write(encoder.encode(event));
        say({ type: 'RUN_STARTED', threadId, runId });
        say({ type: 'STEP_STARTED', stepName: 'cook' });
        say({ type: 'TOOL_CALL_START', toolCallId: 'call-1', toolCallName: 'pantry' });
        say({ type: 'TOOL_CALL_END', toolCallId: 'call-1' });
        say({ type: 'TOOL_CALL_RESULT', messageId: 'm1', toolCallId: 'call-1', content: 'rice' });
        void this.#endOf(runId).promise.then((how) => {
          say({ type: 'STEP_FINISHED', stepName: 'cook' });
          if (how === 'fail') say({ type: 'RUN_ERROR', message: FAULT, code: 'no_route' });
          else if (how === 'cancel') say({ type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'cancelled' } });
          else say({ type: 'RUN_FINISHED', threadId, runId });
          response.end();
        });
      });
    });
  }

  static async start(): Promise<AgUiPeer> {
    const port = await freePort();
    const server = createServer();
    const peer = new AgUiPeer(server, port);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return peer;
  }

  follow(reporter: RunReporter): { close(): void } {
    this.#reporter = reporter;
    return { close: () => undefined };
  }

  begin(title: string): Promise<Work> {
    if (this.#reporter === null) throw new Error('nobody follows');
    const runId = `run-${this.#told.length}`;
    const events: AgentEvent[] = [];
    this.#told.push(events);
    const agent = new HttpAgent({ url: `http://127.0.0.1:${this.#port}/` });
    agent.subscribe(agentSubscriber(this.#reporter, { agent: 'cook', title }));
    agent.subscribe({ onEvent: ({ event }) => void events.push(event) });
    // How it ended is what the events say; its promise says it again.
    agent.runAgent({ runId }).catch(() => undefined);
    const shows = {
      agent: 'cook',
      title,
      progress: { stage: 'cook' },
      steps: { 0: { id: 'cook', state: 'running' }, 1: { title: 'pantry', state: 'succeeded' } },
    };
    return Promise.resolve({ id: `cook:${runId}`, shows, end: (how) => this.#endOf(runId).resolve(how) });
  }

  replay(reporter: RunReporter): Promise<void> {
    const events = runEvents(reporter, { agent: 'cook' });
    for (const told of this.#told) for (const event of told) events.hear(event);
    events.ended();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #endOf(runId: string): PromiseWithResolvers<Ending> {
    const end = this.#ends.get(runId) ?? Promise.withResolvers<Ending>();
    this.#ends.set(runId, end);
    return end;
  }
}
