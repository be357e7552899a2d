import { closeNames, type Failure, type JsonObject } from '@statewire/protocol';

/** The outcome of a command. A failure is a value, never a rejection: it happens in normal life. */
export type CommandResult =
  | {
      readonly ok: true;
      readonly id: string;
      readonly version: number;
      readonly value: unknown;
      /**
       * Gives the command that takes this one back, or null when there is none: a change of a record that was in view gets its
       * old values again, a created record is deleted. What others changed meanwhile is a conflict, not lost.
       */
      readonly undo: (() => Promise<CommandResult>) | null;
    }
  | ({ readonly ok: false; readonly conflict: Conflict | null } & Failure);

/** Someone changed a field you touch since the version you saw. */
export interface Conflict {
  /** The record's version now; pass it as `base` to insist. */
  readonly version: number;
  /** The contested fields. */
  readonly fields: readonly string[];
  /** The values you asked for. */
  readonly yours: JsonObject;
  /** The present values. */
  readonly theirs: JsonObject;
  /** The values when you asked, or null when the record was not in view. */
  readonly base: JsonObject | null;
  /**
   * Gives the command again on top of what is there now, with these values in place of yours: merge `yours` and `theirs` as
   * the person decides. Without values it insists on yours.
   */
  readonly retry: (merged?: JsonObject) => Promise<CommandResult>;
}

/** Does this code speak of the credential, so that only another credential can help? */
export function isAuthCode(code: string): boolean {
  return code.startsWith('auth_');
}

/** Says this code of a connection that its credential is nobody's, here or any more? One that only ran out still is. */
export function rejectsCaller(code: string): boolean {
  return isDenial(code) && code !== 'auth_expired';
}

/** Says this code that the caller may not see what it asked for? */
export function isDenial(code: string): boolean {
  return code === 'forbidden' || code === 'identity' || isAuthCode(code);
}

const NAMES: Readonly<Record<number, string>> = closeNames;

/** The failure that a socket's close code stands for. */
export function closeFailure(code: number, reason: string): Failure {
  const known = NAMES[code];
  if (known !== undefined) return { code: known, message: `ended by the server: ${known} (${code})` };
  const detail = reason === '' ? '' : ` (${reason})`;
  return { code: 'unavailable', message: `closed with ${code}${detail}; trying again` };
}

/** A command's failure that was decided here and not by the server. */
export function localFailure(code: string, message: string): CommandResult {
  return { ok: false, code, message, conflict: null };
}
