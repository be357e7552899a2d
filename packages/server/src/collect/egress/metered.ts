import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { fail, FaultError } from './fault.ts';

/**
 * An open socket as a stream for a library that brings its own protocol: what comes is counted, and beyond the limit
 * the stream fails with `too_large`. Calls that only a socket that is yet to connect understands do nothing.
 */
export function metered(socket: Socket, bytesMax: number): Duplex {
  let bytes = 0;
  const duplex: Duplex = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, encoding, done) => void socket.write(chunk, encoding, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      const fault = fail('too_large', `The answer is larger than the limit of ${bytesMax} bytes.`);
      duplex.destroy(new FaultError(fault));
    } else if (!duplex.push(chunk)) socket.pause();
  });
  socket.on('end', () => duplex.push(null));
  socket.on('error', (error) => duplex.destroy(error));
  socket.on('close', () => duplex.destroy());
  return Object.assign(duplex, {
    // Said in the next turn, as a real connect would: the library adds its listener after the call.
    connect: () => {
      process.nextTick(() => duplex.emit('connect'));
    },
    setNoDelay: () => duplex,
    setKeepAlive: () => duplex,
    ref: () => duplex,
    unref: () => duplex,
  });
}
