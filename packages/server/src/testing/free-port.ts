import { createServer } from 'node:net';

/**
 * Below the range from which systems take ports for outgoing connections (32768 up on Linux, 49152 up elsewhere). A port of
 * that range may be gone while the server that a test killed is away, and whoever asks it then can be answered by their own
 * connection. Nothing of ours listens down here by default.
 */
const FIRST = 12_000;
const LAST = 32_000;
const TRIES_MAX = 200;

const given = new Set<number>();

/** A port of 127.0.0.1 that is free now, and is given once by this process. It stays ours to bind again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`found none of ${TRIES_MAX} ports between ${FIRST} and ${LAST} free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
