import type { CommandResult, RunReport } from '@statewire/client';
import { FakeEnv } from '@statewire/client/testing';
import type { Board } from '../adapter.ts';
import { RunReporter } from '../reporter.ts';

export const DONE: CommandResult = { ok: true, id: 'r', version: 1, value: null, undo: null };

export function refused(code: string): CommandResult {
  return { ok: false, code, message: `refused: ${code}`, conflict: null };
}

/** A server that is played: it keeps what was reported, and answers as it is told to. */
export function world(options: { readonly runsMax?: number } = {}): {
  env: FakeEnv;
  reporter: RunReporter;
  said: (RunReport & { readonly id: string })[];
  services: object[];
  server: { answer: () => Promise<CommandResult> };
} {
  const env = new FakeEnv();
  const said: (RunReport & { readonly id: string })[] = [];
  const services: object[] = [];
  const server = { answer: () => Promise.resolve(DONE) };
  const takes = {
    report: (id: string, fields: RunReport): Promise<CommandResult> => {
      said.push({ id, ...fields });
      return server.answer();
    },
  };
  const board: Board = {
    jobs: takes,
    executions: takes,
    services: {
      report: (id, fields) => {
        services.push({ id, ...fields });
        return server.answer();
      },
    },
  };
  return { env, reporter: new RunReporter(board, { env, ...options }), said, services, server };
}
