/** The door `/realtime/v1/websocket`: accepts the upgrade of unmodified Supabase clients and lets time pass for their sockets. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Timer } from '../../../lib/clock.ts';
import type { Visitor } from '../../session.ts';
import type { ChannelDeps } from './channel.ts';
import { Socket } from './socket.ts';

export const SUPABASE_PATH = '/realtime/v1/websocket';

export interface SupabaseDoorOptions extends ChannelDeps {
  readonly server: Server;
  readonly visitorOf: (request: IncomingMessage) => Visitor;
}

export interface SupabaseDoor {
  close(): void;
}

export function attachSupabase(options: SupabaseDoorOptions): SupabaseDoor {
  const { server, clock, limits, sessions, visitorOf } = options;
  const sockets = new Map<Socket, WebSocket>();
  const door = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.messageBytesMax,
    maxFragments: limits.fragmentsMax,
  });
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    // Not parsed as a URL: this runs before anybody looked at the target, and `//` is none.
    const [path, query] = (request.url ?? '').split('?', 2);
    if (path !== SUPABASE_PATH) return;
    const params = new URLSearchParams(query);
    const vsn = params.get('vsn') ?? '1.0.0';
    if (vsn !== '1.0.0' && vsn !== '2.0.0') {
      reject(raw, '400 Bad Request', 'vsn: expected 1.0.0 or 2.0.0');
      return;
    }
    if (!sessions.hasRoom || sockets.size >= limits.connectionsMax) {
      reject(raw, '503 Service Unavailable', 'the server has no room; come back later');
      return;
    }
    const header = request.headers['x-api-key'];
    const apikey = params.get('apikey') ?? (typeof header === 'string' ? header : null);
    // A cookie is nobody's credential here: these clients show tokens, and pages of other origins may use them.
    const visitor: Visitor = { ...visitorOf(request), cookie: null };
    door.handleUpgrade(request, raw, head, (ws) => {
      const pipe = {
        get queuedBytes() {
          return ws.bufferedAmount;
        },
        text: (text: string) => ws.send(text),
        bytes: (bytes: Uint8Array) => ws.send(bytes),
        close: (code: number, reason: string) => ws.close(code, reason),
      };
      const socket = new Socket(options, pipe, { vsn: vsn === '1.0.0' ? 1 : 2, apikey, visitor });
      sockets.set(socket, ws);
      ws.on('message', (data, isBinary) => {
        // With the default `binaryType` a message arrives as one Buffer.
        if (Buffer.isBuffer(data)) socket.receive(isBinary ? data : data.toString());
      });
      ws.on('close', () => {
        sockets.delete(socket);
        socket.closed();
      });
      ws.on('error', () => {});
    });
  };
  let timer: Timer = clock.after(TICK_MS, tick);
  function tick(): void {
    timer = clock.after(TICK_MS, tick);
    for (const socket of sockets.keys()) socket.tick(clock.mono());
  }
  server.on('upgrade', upgrade);
  return {
    close: () => {
      timer.cancel();
      server.off('upgrade', upgrade);
      // Any code means come back to these clients.
      for (const ws of sockets.values()) ws.close(1012, 'restart');
      door.close();
    },
  };
}

const TICK_MS = 1000;

function reject(socket: Duplex, status: string, message: string): void {
  const body = JSON.stringify({ message });
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
