import type { ViewStatus } from '@statewire/client';
import type { Failure } from '@statewire/protocol';

/** What every hook returns. */
export interface Live<D> {
  readonly data: D;
  readonly status: ViewStatus;
  /**
   * When the data was last known to be true, epoch ms on the server's clock. Exact as soon as the status is not
   * `live`; while it is `live` the data is true now and this is the time of its last change.
   */
  readonly verifiedAt: number | null;
  /** The organization's version up to which the data is complete. */
  readonly version: number | null;
  readonly error: Failure | null;
}

/** How a hook waits and fails. */
export interface LiveOptions {
  /** Waits in the nearest `<Suspense>` instead of saying `loading`. A server that renders pages never waits. Default false. */
  readonly suspense?: boolean | undefined;
  /** Throws a `LiveError` to the nearest error boundary instead of saying `denied`. Default false. */
  readonly throwOnError?: boolean | undefined;
}

/** What a hook with `throwOnError` throws: the server refused, and why. */
export class LiveError extends Error {
  override readonly name = 'LiveError';
  /** `forbidden`, `auth_expired`, `unknown_collection`, ... */
  readonly code: string;

  constructor({ code, message }: Failure) {
    super(message);
    this.code = code;
  }
}
