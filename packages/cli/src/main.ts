#!/usr/bin/env node
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `statewire: found Node ${process.versions.node}, expected 24 or newer; in a clone use \`npm start\`, which brings its own\n`,
  );
  process.exitCode = 2;
} else {
  // A server that was killed is awaited: what was compiled once is not compiled again. Beside our own code and not in a
  // folder for everybody's temporary files; where that cannot be written, each start compiles.
  enableCompileCache(fileURLToPath(new URL('../.cache', import.meta.url)));
  const { runLine, processTerminal } = await import('./run-line.ts');
  flushCompileCache();
  process.exitCode = await runLine(processTerminal(), process.argv.slice(2));
  // Everything is closed and the loop is empty when `exit` comes. What Node would do after it, closing its own
  // handles, was seen to spin for ever (Environment::CleanupHandles): a stopped server that never ended.
  process.once('exit', (code) => process.exit(code));
}
