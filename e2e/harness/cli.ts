import { spawn } from 'node:child_process';

/** What one run of the command printed, and its exit code. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that is still running. */
export interface Running {
  /** Everything printed so far. */
  readonly out: () => string;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<Ran>;
}

const ENTRY = ['--conditions=source', 'packages/cli/src/main.ts'];

/** Runs `statewire ARGS` to its end. */
export async function statewire(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return start(args, env).ended;
}

/** Starts `statewire ARGS` and leaves it running. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running & { readonly ended: Promise<Ran> } {
  const child = spawn(process.execPath, [...ENTRY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  return {
    ended,
    out: () => out,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
