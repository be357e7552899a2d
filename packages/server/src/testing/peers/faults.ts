import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import type { JsonObject } from '@statewire/protocol';
import { isObject } from '../../collect/probes/probe.ts';

/** One request to a scripted server. */
export interface ScriptedCall {
  /** The JSON-RPC method of a POST, else the HTTP method. */
  readonly method: string;
  readonly id: number | string | null;
  readonly message: JsonObject;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** Answers a call in its own way and returns true, or returns false to let the server behave well. */
export type Script = (call: ScriptedCall) => boolean;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** Methods asked for, in order. */
  readonly calls: readonly string[];
  /** Headers of each call. */
  readonly headers: readonly IncomingMessage['headers'][];
  /** Sessions handed out and not deleted. */
  readonly sessions: ReadonlySet<string>;
  /** Connections open now, and accepted so far. */
  readonly connections: { readonly open: number; readonly accepted: number };
  close(): Promise<void>;
}

/** A small legacy MCP server that can be told to misbehave at any step. Listens on loopback. */
export async function startScripted(script: Script = () => false): Promise<ScriptedServer> {
  const calls: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const sessions = new Set<string>();
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('error', () => undefined);
    res.on('error', () => undefined);
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const call = callOf(req, res, Buffer.concat(chunks).toString('utf8'));
      calls.push(call.method);
      headers.push(req.headers);
      if (!script(call)) behave(call, sessions);
    });
  });
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    calls,
    headers,
    sessions,
    get connections() {
      return { open: sockets.size, accepted };
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A server below HTTP: `onSocket` speaks bytes. */
export async function startRaw(
  onSocket: (socket: Socket) => void,
): Promise<{ readonly url: string; readonly port: number; readonly accepted: () => number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createTcpServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    accepted: () => accepted,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Sends a JSON body. */
export function json(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): true {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify(body));
  return true;
}

/** Sends any body. */
export function send(res: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): true {
  res.writeHead(status, headers);
  res.end(body);
  return true;
}

/** A JSON-RPC result for a call. */
export function resultOf(call: ScriptedCall, result: JsonObject): JsonObject {
  return { jsonrpc: '2.0', id: call.id, result };
}

/** A JSON-RPC error for a call. */
export function errorOf(call: ScriptedCall, code: number, message = 'no'): JsonObject {
  return { jsonrpc: '2.0', id: call.id, error: { code, message } };
}

/** What a good legacy server says to `initialize`. */
export const INITIALIZED: JsonObject = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: { listChanged: true } },
  serverInfo: { name: 'scripted', version: '1.0.0' },
};

/** A tool as servers list it. */
export function toolNamed(name: string, description = 'Says hello.'): JsonObject {
  return { name, description, inputSchema: { type: 'object', properties: {} } };
}

function callOf(req: IncomingMessage, res: ServerResponse, text: string): ScriptedCall {
  let message: unknown = {};
  try {
    message = text === '' ? {} : JSON.parse(text);
  } catch {
    // A probe never sends bad JSON; a test that does sees an empty message.
  }
  const object = isObject(message) ? message : {};
  const { id, method } = object;
  return {
    method: req.method === 'POST' && typeof method === 'string' ? method : (req.method ?? ''),
    id: typeof id === 'number' || typeof id === 'string' ? id : null,
    message: object,
    req,
    res,
  };
}

function behave(call: ScriptedCall, sessions: Set<string>): void {
  const { method, req, res } = call;
  const session = req.headers['mcp-session-id'];
  if (method === 'GET') send(res, 405, '');
  else if (method === 'DELETE') {
    if (typeof session === 'string') sessions.delete(session);
    send(res, 200, '');
  } else if (method === 'initialize') {
    const id = randomUUID();
    sessions.add(id);
    json(res, 200, resultOf(call, INITIALIZED), { 'mcp-session-id': id });
  } else if (call.id === null) send(res, 202, '');
  else if (method === 'server/discover') json(res, 200, errorOf(call, -32601));
  else if (typeof session !== 'string' || !sessions.has(session))
    json(res, 404, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } });
  else if (method === 'ping') json(res, 200, resultOf(call, {}));
  else if (method === 'tools/list') json(res, 200, resultOf(call, { tools: [toolNamed('hello')] }));
  else json(res, 200, errorOf(call, -32601));
}

function listen(server: TcpServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
