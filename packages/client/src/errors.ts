import { closeNames, type Failure, type JsonObject } from '@statewire/protocol';

/** The outcome of a command. A failure is a value, never a rejection: it happens in normal life. */
export type CommandResult =
  | { readonly ok: true; readonly id: string; readonly version: number; readonly value: unknown }
  | ({ readonly ok: false; readonly conflict: Conflict | null } & Failure);

/** Someone changed a field you touch since the version you saw. */
export interface Conflict {
  /** The record's version now; pass it as `base` to insist. */
  readonly version: number;
  /** The present values of the fields you touch. */
  readonly current: JsonObject;
  readonly fields: readonly string[];
}

/** Does this code speak of the credential, so that only another credential can help? */
export function isAuthCode(code: string): boolean {
  return code === 'auth_expired' || code === 'auth_invalid' || code === 'auth_required';
}

/** Says this code that the caller may not see what it asked for? */
export function isDenial(code: string): boolean {
  return code === 'forbidden' || isAuthCode(code);
}

const NAMES: Readonly<Record<number, string>> = closeNames;

/** The failure that a socket's close code stands for. */
export function closeFailure(code: number, reason: string): Failure {
  const known = NAMES[code];
  if (known !== undefined) return { code: known, message: `the server ended the connection: ${known} (${code})` };
  const detail = reason === '' ? '' : ` (${reason})`;
  return { code: 'unavailable', message: `connection closed with ${code}${detail}; trying again` };
}

/** A command's failure that was decided here and not by the server. */
export function localFailure(code: string, message: string): CommandResult {
  return { ok: false, code, message, conflict: null };
}
