import type { Client, CommandResult, Conflict } from '@statewire/client';
import type { Failure } from '@statewire/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from './provider.tsx';

/** A command and what became of it. */
export interface LiveCommand<A extends readonly unknown[]> {
  /** Gives the command. Never rejects; the result says how it ended. */
  readonly run: (...args: A) => Promise<CommandResult>;
  readonly isPending: boolean;
  readonly result: CommandResult | null;
  readonly error: Failure | null;
  /** Someone changed what you change: show both, then run again with `conflict.version` as base. */
  readonly conflict: Conflict | null;
  readonly reset: () => void;
}

/**
 * A command for buttons and forms:
 * `const pause = useCommand((sw, id: string) => sw.services.call(id, 'pause'))`.
 */
export function useCommand<A extends readonly unknown[]>(
  command: (client: Client, ...args: A) => Promise<CommandResult>,
): LiveCommand<A> {
  const client = useClient();
  const [state, setState] = useState<{ readonly pending: number; readonly result: CommandResult | null }>(IDLE);
  const newest = useRef(command);
  const isMounted = useRef(false);
  useEffect(() => {
    newest.current = command;
  });
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);
  const run = useCallback(
    async (...args: A): Promise<CommandResult> => {
      setState(({ pending }) => ({ pending: pending + 1, result: null }));
      const result = await newest.current(client, ...args);
      if (isMounted.current) setState(({ pending }) => ({ pending: pending - 1, result }));
      return result;
    },
    [client],
  );
  const reset = useCallback(() => setState(({ pending }) => ({ pending, result: null })), []);
  const { pending, result } = state;
  const failure = result !== null && !result.ok ? result : null;
  return { run, isPending: pending > 0, result, error: failure, conflict: failure?.conflict ?? null, reset };
}

const IDLE = { pending: 0, result: null };
