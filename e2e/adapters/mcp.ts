import { createServer, type Server } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { followCall } from '../../packages/adapters/src/mcp.ts';
import type { RunReporter } from '../../packages/adapters/src/reporter.ts';
import { freePort } from '../../packages/server/src/testing/free-port.ts';
import { Ends } from './ends.ts';
import { FAULT, type Peer, type Work } from './peer.ts';

/** A real MCP server with a tool that says how far it is, and the real client that calls it. */
export class McpPeer implements Peer {
  readonly wire = 'MCP';
  readonly collection = 'jobs';
  readonly isCancelable = true;
  readonly #http: Server;
  readonly #client: Client;
  readonly #ends: Ends<boolean>;
  #count = 0;
  #reporter: RunReporter | null = null;

  private constructor(http: Server, client: Client, ends: Ends<boolean>) {
    this.#http = http;
    this.#client = client;
    this.#ends = ends;
  }

  static async start(): Promise<McpPeer> {
    const ends = new Ends<boolean>();
    const serve = toNodeHandler(createMcpHandler(() => kitchen(ends)));
    const http = createServer(
      (req, res) => void serve(Object.assign(req, { method: req.method ?? 'GET', url: req.url ?? '/' }), res),
    );
    const port = await freePort();
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
    const client = new Client({ name: 'chef', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
    return new McpPeer(http, client, ends);
  }

  follow(reporter: RunReporter): { close(): void } {
    this.#reporter = reporter;
    return { close: () => undefined };
  }

  begin(title: string): Promise<Work> {
    if (this.#reporter === null) throw new Error('nobody follows');
    this.#count += 1;
    const id = `call-${this.#count}`;
    const abort = new AbortController();
    const call = followCall(
      this.#reporter,
      { id, title },
      (options) => this.#client.callTool({ name: 'cook', arguments: { id } }, options),
      abort.signal,
    );
    // How it ended is what the record says.
    call.catch(() => undefined);
    const end = (how: 'cancel' | 'fail' | 'succeed'): void => {
      if (how === 'cancel') abort.abort();
      else this.#ends.of(id).resolve(how === 'succeed');
    };
    return Promise.resolve({ id, shows: { title, progress: { done: 3, total: 8, message: 'row 3' } }, end });
  }

  /** A call is told once; the same calls said again are what an older program would say. */
  async replay(reporter: RunReporter): Promise<void> {
    for (let i = 1; i <= this.#count; i += 1)
      await followCall(reporter, { id: `call-${i}`, title: 'again' }, () => Promise.resolve({ content: [] }));
  }

  async close(): Promise<void> {
    await this.#client.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

function kitchen(ends: Ends<boolean>): McpServer {
  const server = new McpServer({ name: 'kitchen', version: '1.0.0' });
  const inputSchema = z.object({ id: z.string() });
  server.registerTool('cook', { description: 'Cooks.', inputSchema }, async ({ id }, { mcpReq }) => {
    // oxlint-disable-next-line no-underscore-dangle -- MCP's own name.
    const progressToken = mcpReq._meta?.progressToken ?? 0;
    const params = { progressToken, progress: 3, total: 8, message: 'row 3' };
    await mcpReq.notify({ method: 'notifications/progress', params });
    const isGood = await ends.of(id).promise;
    return isGood
      ? { content: [{ type: 'text', text: 'rice' }] }
      : { content: [{ type: 'text', text: FAULT }], isError: true };
  });
  return server;
}
