import { LIVE_PATH, SUBPROTOCOL } from '@statewire/protocol';
import type { Env } from '../env.ts';
import type { Dial } from './transport.ts';

/** Makes the transport over WebSocket. One listener per event for the life of a socket: none is ever replaced. */
export function dialWebSocket(env: Pick<Env, 'openSocket'>): Dial {
  return (url, events) => {
    const socket = env.openSocket(url, SUBPROTOCOL);
    let isOver = false;
    socket.addEventListener('open', () => {
      if (!isOver) events.opened();
    });
    socket.addEventListener('message', ({ data }) => {
      if (!isOver && typeof data === 'string') events.text(data);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (isOver) return;
      isOver = true;
      events.closed(code ?? 1006, reason ?? '');
    });
    // An error is always followed by a close; the listener keeps Node from treating it as unhandled.
    socket.addEventListener('error', () => undefined);
    return {
      send: (text) => {
        if (!isOver && socket.readyState === OPEN) socket.send(text);
      },
      close: (code, reason) => {
        isOver = true;
        socket.close(code, reason);
      },
    };
  };
}

/** The address of the live endpoint for an address as people write it: `https://host`, `ws://host/live`, `/`. */
export function liveUrl(url: string, pageUrl: string | null): string {
  const parsed = new URL(url, pageUrl ?? undefined);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (!parsed.pathname.endsWith(LIVE_PATH)) parsed.pathname = `${parsed.pathname.replace(/\/+$/, '')}${LIVE_PATH}`;
  parsed.hash = '';
  return parsed.href;
}

const OPEN = 1;
