import type { Client, CommandResult, CommandsState, Conflict } from '@statewire/client';
import type { Failure, JsonObject } from '@statewire/protocol';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useClient } from './provider.tsx';

/** A command and what became of it. */
export interface LiveCommand<A extends readonly unknown[]> {
  /** Gives the command. Never rejects; the result says how it ended. */
  readonly run: (...args: A) => Promise<CommandResult>;
  readonly isPending: boolean;
  readonly result: CommandResult | null;
  readonly error: Failure | null;
  /** Someone changed what you change: show `yours` and `theirs`, then `resolve` with what the person decides. */
  readonly conflict: Conflict | null;
  /** Gives the conflicting command again on top of theirs, with these values in place of yours; null without a conflict. */
  readonly resolve: ((merged?: JsonObject) => Promise<CommandResult>) | null;
  /** Takes the last result back; null when there is nothing to take back. */
  readonly undo: (() => Promise<CommandResult>) | null;
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
  const settle = useCallback(async (given: Promise<CommandResult>): Promise<CommandResult> => {
    setState(({ pending }) => ({ pending: pending + 1, result: null }));
    const result = await given;
    if (isMounted.current) setState(({ pending }) => ({ pending: pending - 1, result }));
    return result;
  }, []);
  const run = useCallback((...args: A) => settle(newest.current(client, ...args)), [client, settle]);
  const reset = useCallback(() => setState(({ pending }) => ({ pending, result: null })), []);
  const { pending, result } = state;
  const failure = result !== null && !result.ok ? result : null;
  const conflict = failure?.conflict ?? null;
  const back = result?.ok === true ? result.undo : null;
  const resolve = useMemo(
    () => (conflict === null ? null : (merged?: JsonObject) => settle(conflict.retry(merged))),
    [conflict, settle],
  );
  const undo = useMemo(() => (back === null ? null : () => settle(back())), [back, settle]);
  return { run, isPending: pending > 0, result, error: failure, conflict, resolve, undo, reset };
}

/**
 * Commands that wait for a connection, and those that were refused after they had waited, of this page and of earlier ones:
 * for a badge "3 changes wait", and for a list of conflicts.
 */
export function useCommands(): CommandsState {
  const { commands } = useClient();
  return useSyncExternalStore(commands.subscribe, commands.get, commands.getInitial);
}

const IDLE = { pending: 0, result: null };
