/** The door of Socket.IO: hands its requests and upgrades to the official server, which is loaded when the first one comes. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Log } from '../../../lib/log.ts';
import { reject } from '../sockets.ts';
import type { Live, LiveOptions } from './live.ts';

export const SOCKET_IO_PATH = '/socket.io/';

export interface SocketIoDoorOptions extends LiveOptions {
  readonly server: Server;
  readonly log: Log;
  /** Brings what opens the official server; tests hand in another one. */
  readonly bring?: (() => Promise<Pick<typeof import('./live.ts'), 'openLive'>>) | undefined;
}

export interface SocketIoDoor {
  close(): Promise<void>;
}

export function attachSocketIo(options: SocketIoDoorOptions): SocketIoDoor {
  const { server, path, log, bring = () => import('./live.ts') } = options;
  let live: Promise<Live> | null = null;
  let isClosed = false;
  const load = async (): Promise<Live> => {
    live ??= bring().then(({ openLive }) => openLive(options));
    return live;
  };
  const isOurs = ({ url = '' }: IncomingMessage): boolean => url.split('?', 1)[0] === path;
  const request = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (isClosed) response.writeHead(503, { connection: 'close' }).end();
    else (await load()).request(asked, response);
  };
  const upgrade = async (asked: IncomingMessage, socket: Parameters<typeof reject>[0], head: Buffer): Promise<void> => {
    // Until the official server has it nobody else would hear that it broke, and an error that nobody hears ends us.
    socket.on('error', () => {});
    if (isClosed) reject(socket, '503 Service Unavailable', 'the server stops; come back later');
    else (await load()).upgrade(asked, socket, head);
  };
  const failed = (error: unknown): void => log.error({ err: error }, 'the Socket.IO door failed');

  const before = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (asked: IncomingMessage, response: ServerResponse) => {
    if (isOurs(asked)) request(asked, response).catch(failed);
    else for (const hear of before) Reflect.apply(hear, server, [asked, response]);
  });
  server.on('upgrade', (asked: IncomingMessage, socket, head) => {
    if (isOurs(asked)) upgrade(asked, socket, head).catch(failed);
  });
  return {
    close: async () => {
      isClosed = true;
      await (await live)?.close();
    },
  };
}
