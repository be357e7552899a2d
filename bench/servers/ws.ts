/**
 * What people write by hand with `ws`: a map from record to the sockets that watch it, one message per update and
 * watcher. `send`: the JSON made once per update and given to `client.send`. `frame`: the WebSocket frame, too, made
 * once and the same bytes written to each raw socket, which is the best that can be done per update.
 */
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { fieldsOf, idOf, recordOf } from '../workload.ts';
import { serveTarget } from './calls.ts';
import { listen, optionsOf } from './options.ts';
import { frame } from '../../packages/server/src/serve/transports/websocket.ts';

interface Watcher {
  readonly ws: WebSocket;
  readonly socket: Duplex;
}

const { workload, variant } = optionsOf(process.argv);
const records = new Map<string, object>();
const watchers = new Map<string, Set<Watcher>>();
for (let i = 0; i < workload.records; i += 1) {
  const id = idOf(i);
  records.set(id, { id, ...fieldsOf(workload.kind, i, -1) });
  watchers.set(id, new Set());
}

const server = createServer((_, response) => response.end());
const door = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
server.on('upgrade', (request, socket, head) => {
  door.handleUpgrade(request, socket, head, (ws) => {
    const watcher: Watcher = { ws, socket };
    let watched: readonly string[] = [];
    ws.on('message', (data: Buffer) => {
      const asked: { watch: readonly string[] } = JSON.parse(data.toString());
      watched = asked.watch;
      for (const id of watched) watchers.get(id)?.add(watcher);
      ws.send(JSON.stringify({ type: 'snapshot', records: watched.map((id) => records.get(id)) }));
    });
    ws.on('error', () => {});
    ws.on('close', () => {
      for (const id of watched) watchers.get(id)?.delete(watcher);
    });
  });
});

const tellAll =
  variant === 'frame'
    ? (text: string, all: ReadonlySet<Watcher>): void => {
        const bytes = Buffer.from(frame(text), 'latin1');
        for (const { ws, socket } of all) if (ws.readyState === ws.OPEN) socket.write(bytes);
      }
    : (text: string, all: ReadonlySet<Watcher>): void => {
        const bytes = Buffer.from(text);
        for (const { ws } of all) if (ws.readyState === ws.OPEN) ws.send(bytes, { binary: false });
      };

serveTarget({
  port: await listen(server),
  refused: 0,
  publish(k) {
    const i = recordOf(workload, k);
    const id = idOf(i);
    const record = { id, ...fieldsOf(workload.kind, i, k) };
    records.set(id, record);
    tellAll(JSON.stringify({ type: 'update', record }), watchers.get(id) ?? NOBODY);
  },
  settled: () => Promise.resolve(),
  close() {
    server.closeAllConnections();
    server.close();
    return Promise.resolve();
  },
});

const NOBODY: ReadonlySet<Watcher> = new Set();
