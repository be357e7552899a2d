import type { Failure } from '@statewire/protocol';

/**
 * Why an exchange with a target failed. `code` is a category a program can act on; `message` is one sentence
 * for people that never carries addresses, URLs, headers or text the target sent.
 */
export interface Fault extends Failure {
  /** HTTP status, when there was one. */
  readonly status?: number | undefined;
  /** `WWW-Authenticate` of a 401 or 403. */
  readonly challenge?: string | undefined;
  /** What a 429 or 503 asked us to wait. */
  readonly retryAfterMs?: number | undefined;
  /** The failure hit a kept-alive socket before any byte of an answer: one retry on a new socket is fair. */
  readonly isStaleSocket?: boolean | undefined;
}

/** A failed outcome, ready to return. */
export interface Failed extends Fault {
  readonly ok: false;
}

/** We called the exchange off. Says nothing about the target. */
export const ABORTED: Fault = { code: 'aborted', message: 'The probe was stopped by this server.' };

/** Makes a failed outcome. */
export function fail(code: string, message: string, more: Omit<Fault, 'code' | 'message'> = {}): Failed {
  return { ok: false, code, message, ...more };
}

/** Carries a fault through an API that only knows errors (sockets and agents of Node). */
export class FaultError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.name = 'FaultError';
    this.fault = fault;
  }
}

/** Maps an error of Node's network stack to a fault. Unknown ones become `error`, never their own text. */
export function faultOf(error: unknown): Failed {
  if (error instanceof FaultError) return { ok: false, ...error.fault };
  const code = codeOf(error);
  const known = FAULTS.get(code);
  if (known !== undefined) return fail(known[0], known[1]);
  if (code.startsWith('HPE_')) return fail('not_http', 'The answer is not valid HTTP.');
  if (/^(CERT_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_)/.test(code) || code === 'EPROTO') {
    return fail('tls_failed', 'The TLS handshake failed.');
  }
  return fail(
    'error',
    `The exchange failed with the system error ${/^[A-Z0-9_]{1,40}$/.test(code) ? code : 'unknown'}.`,
  );
}

/** The system's code of an error, also from inside an AggregateError (several addresses were tried). */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    const codes = error.errors.map(codeOf);
    // Refused says more than unreachable: somebody answered.
    return codes.find((code) => code === 'ECONNREFUSED') ?? codes.at(-1) ?? '';
  }
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const RESET = ['reset', 'The connection was cut before the answer was complete.'] as const;
const DNS = ['dns', 'The host name could not be resolved.'] as const;
const RESOLVER = ['resolver', 'The name server of this machine does not answer.'] as const;
const UNREACHABLE = ['unreachable', 'No route leads to the host.'] as const;
const TIMEOUT_CONNECT = ['timeout_connect', 'No connection within the connect timeout.'] as const;
const SELF_SIGNED = ['tls_self_signed', 'The certificate is self-signed.'] as const;
const UNTRUSTED = ['tls_untrusted', 'The certificate chain is not trusted.'] as const;

const FAULTS: ReadonlyMap<string, readonly [code: string, message: string]> = new Map<
  string,
  readonly [code: string, message: string]
>([
  ['ECONNREFUSED', ['refused', 'The connection was refused: nothing listens on that port.']],
  ['ECONNRESET', RESET],
  ['EPIPE', RESET],
  ['ERR_STREAM_PREMATURE_CLOSE', RESET],
  ['ERR_STREAM_DESTROYED', RESET],
  ['ENOTFOUND', DNS],
  ['EAI_AGAIN', RESOLVER],
  ['EAI_FAIL', DNS],
  ['EAI_NODATA', DNS],
  ['EAI_NONAME', DNS],
  ['EHOSTUNREACH', UNREACHABLE],
  ['ENETUNREACH', UNREACHABLE],
  ['EADDRNOTAVAIL', UNREACHABLE],
  ['EACCES', UNREACHABLE],
  ['ETIMEDOUT', TIMEOUT_CONNECT],
  ['HPE_HEADER_OVERFLOW', ['too_large', 'The answer has more header bytes than allowed.']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['too_large', 'The answer has more chunk extension bytes than allowed.']],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', SELF_SIGNED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['CERT_UNTRUSTED', UNTRUSTED],
  ['CERT_HAS_EXPIRED', ['tls_expired', 'The certificate has expired.']],
  ['CERT_NOT_YET_VALID', ['tls_not_yet_valid', 'The certificate is not valid yet.']],
  ['CERT_REVOKED', ['tls_revoked', 'The certificate was revoked.']],
  ['ERR_TLS_CERT_ALTNAME_INVALID', ['tls_hostname', 'The certificate is for another host name.']],
  ['Z_DATA_ERROR', ['bad_payload', 'The compressed body cannot be read.']],
  ['Z_BUF_ERROR', ['bad_payload', 'The compressed body ends too early.']],
]);
