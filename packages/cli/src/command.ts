import type { ParseArgsConfig } from 'node:util';

/** Where a command writes and what it may look at. Tests hand in their own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  out(line: string): void;
  err(line: string): void;
  /** Resolves when the person wants the command to end (Ctrl-C, SIGTERM, the launcher went away). */
  readonly stopped: Promise<void>;
  /** Hears of exceptions that nobody caught. One broken request must not end a server that many tabs look at. */
  onUncaught(handler: (error: unknown) => void): void;
}

/** Arguments after parsing: `--name value` pairs and the rest. */
export interface Args {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** One command of `statewire`. Exit code 0 is success, 1 a bad answer (down, refused), 2 wrong usage. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  run(terminal: Terminal, args: Args): Promise<number>;
}

/** Wrong usage: said with the command's usage line, exit code 2. */
export class UsageError extends Error {}

/** A text option, or the fallback. */
export function text(args: Args, name: string, fallback: string): string;
export function text(args: Args, name: string, fallback?: undefined): string | undefined;
export function text(args: Args, name: string, fallback?: string): string | undefined {
  const value = args.values[name];
  return typeof value === 'string' ? value : fallback;
}

/** A number option inside bounds, or the fallback. */
export function number(
  args: Args,
  name: string,
  bounds: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const value = args.values[name];
  if (typeof value !== 'string') return bounds.fallback;
  const parsed = Number(value);
  if (!Number.isFinite(parsed) || parsed < bounds.min || parsed > bounds.max) {
    throw new UsageError(`--${name}: found ${value}, expected a number from ${bounds.min} to ${bounds.max}`);
  }
  return parsed;
}
