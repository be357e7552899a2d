/**
 * Known ways to get live views wrong, each as a switch that is off. The simulation turns one on at a time and must
 * notice; a mistake it cannot notice would be one it cannot protect us from. Nothing outside tests sets these.
 */
export interface Planted {
  /** Resume serves what changed after since + 1. */
  readonly resumeOffByOne: boolean;
  /** A delta forgets records that stopped matching when it bridges a pause. */
  readonly leaveMissingOnResume: boolean;
  /** Records that stop matching are not noticed. */
  readonly leaveMissingLive: boolean;
  /** A delta forgets deleted records. */
  readonly deleteMissingOnResume: boolean;
  /** A position of another history is believed. */
  readonly epochUnchecked: boolean;
  /** What changes while a snapshot is being sent is not sent after it. */
  readonly snapshotGap: boolean;
  /** Subscribing to the same view again keeps the position of the old subscription. */
  readonly subscriptionReused: boolean;
  /** A delta leaves out one of several changed fields. */
  readonly fieldDropped: boolean;
  /** Views of all organizations are one. */
  readonly tenantUnchecked: boolean;
  /** A view's log is believed to reach back for ever. */
  readonly horizonUnchecked: boolean;
  /** A shared frame is reused although the view moved on. */
  readonly staleFrameShared: boolean;
  /** A connection that catches up is told nothing about records that entered meanwhile. */
  readonly enterMissingOnCatchUp: boolean;
  /** A record that changes keeps the place in an order that it had. */
  readonly orderStale: boolean;
  /** Who is let into a window by another record's leaving is not noticed. */
  readonly edgeUnfilled: boolean;
  /** A reconcile keeps what has not changed, whether it was in the window at that time or not. */
  readonly keepUnproven: boolean;
}

/** Everything right: what the server runs with. */
export const SOUND: Planted = Object.freeze({
  resumeOffByOne: false,
  leaveMissingOnResume: false,
  leaveMissingLive: false,
  deleteMissingOnResume: false,
  epochUnchecked: false,
  snapshotGap: false,
  subscriptionReused: false,
  fieldDropped: false,
  tenantUnchecked: false,
  horizonUnchecked: false,
  staleFrameShared: false,
  enterMissingOnCatchUp: false,
  orderStale: false,
  edgeUnfilled: false,
  keepUnproven: false,
});
