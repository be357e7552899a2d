/** The door of plain topics, `/ws/mcp-status` when nothing else is said. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Visitor } from '../../session.ts';
import type { Pipe, Receiver } from '../pipe.ts';
import { reject, Sockets } from '../sockets.ts';
import { TopicSocket, type TopicDeps } from './socket.ts';

export const TOPICS_PATH = '/ws/mcp-status';

export interface TopicsDoorOptions extends TopicDeps {
  readonly server: Server;
  readonly path: string;
  readonly visitorOf: (request: IncomingMessage) => Visitor;
  /** May the page behind this request act with a person's cookie? */
  readonly isOwnPage: (visitor: Visitor) => boolean;
}

export interface TopicsDoor {
  close(): void;
}

export function attachTopics(options: TopicsDoorOptions): TopicsDoor {
  const { server, path, sessions, visitorOf, isOwnPage } = options;
  const sockets = new Sockets(options);
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    // Not parsed as a URL: this runs before anybody looked at the target, and `//` is none.
    const [asked, query] = (request.url ?? '').split('?', 2);
    if (asked !== path) return;
    if (!sessions.hasRoom || !sockets.hasRoom) {
      reject(raw, '503 Service Unavailable', 'the server has no room; come back later');
      return;
    }
    const visitor = visitorOf(request);
    const { authorization } = request.headers;
    const bearer = /^Bearer (\S+)$/iu.exec(authorization ?? '')?.[1];
    const params = new URLSearchParams(query);
    const token = params.get('token') ?? params.get('apikey') ?? bearer ?? null;
    // Pages of others may come with a token; a cookie is the credential of our own.
    const from = isOwnPage(visitor) ? visitor : { ...visitor, cookie: null };
    sockets.accept(request, raw, head, (pipe) => new TopicSocket(options, pipe, { token, visitor: from }));
  };
  server.on('upgrade', upgrade);
  return {
    close: () => {
      server.off('upgrade', upgrade);
      sockets.close();
    },
  };
}

/** Makes the receiver of a socket that turned out to speak plain topics at the door of another dialect. */
export function plainAt(deps: TopicDeps): (pipe: Pipe, from: { token: string | null; visitor: Visitor }) => Receiver {
  return (pipe, from) => new TopicSocket(deps, pipe, from);
}
