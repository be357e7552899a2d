import type { Terminal } from './command.ts';

/** The one place where the command looks at its process: environment, arguments, terminal. */
export const env: Readonly<Record<string, string | undefined>> = process.env;

/** The environment a demo child gets: enough to run, none of the operator's secrets. */
export function childEnv(extra: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...extra };
}

/** The real terminal of this process. */
export function processTerminal(): Terminal {
  return {
    env,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    onUncaught(handler) {
      process.on('uncaughtException', handler);
      process.on('unhandledRejection', handler);
    },
    stopped: new Promise((resolve) => {
      process.once('SIGINT', () => resolve());
      process.once('SIGTERM', () => resolve());
      // The launcher (npm start) holds a channel to us: when it dies, so do we.
      process.once('disconnect', () => resolve());
      process.channel?.unref();
    }),
  };
}
