/** The outcome of something that may fail in normal life. Failures are returned, not thrown. */
export type Result<T, E = Failure> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & E);

/** Why something failed: a code a program can act on and a sentence a person can act on. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Wraps a value as a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}
