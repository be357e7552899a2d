/**
 * Loaded into a server process before its own code (`NODE_OPTIONS=--import=...`): on SIGUSR2 all garbage is collected and a
 * line says so. A measurement of memory means nothing while garbage counts.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

process.on('SIGUSR2', () => {
  // Twice: what the first one finalizes, such as sockets and buffers, the second one frees.
  gc();
  setImmediate(() => {
    gc();
    process.stderr.write('collected\n');
  });
});
