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
