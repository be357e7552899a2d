import type { Server } from 'node:http';
import type { Workload } from '../workload.ts';

/** What a server is started with: one JSON argument. */
export interface ServerOptions {
  readonly workload: Workload;
  /** ws: `send` or `frame`. statewire: `memory` or `sqlite`. */
  readonly variant: string;
  /** Where a store on disk lies. */
  readonly dir?: string | undefined;
}

export function optionsOf(argv: readonly string[]): ServerOptions {
  const options: ServerOptions = JSON.parse(argv[2] ?? '{}');
  return options;
}

/** Listens on a free port of the loopback address. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 2_048 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
