/**
 * Every bound of the server in one place: each queue, map of callers and retry loop names its limit here,
 * with its unit last. Integers >= 1. Tests lower them; operators may not.
 */
export const limits = {
  // Frames and connections.
  messageBytesMax: 64 * 1024,
  fragmentsMax: 64,
  helloWaitMs: 10_000,
  connectionsMax: 20_000,
  subscriptionsPerConnectionMax: 256,
  mutationsPerSecondMax: 20,
  mutationBurstMax: 50,
  mutationsInFlightMax: 64,
  /** Bytes sent and not yet acknowledged before a connection counts as lagging. */
  windowBytes: 128 * 1024,
  /** Oldest unacknowledged frame before a connection counts as lagging. */
  ackAgeMsMax: 5_000,
  /** Bytes queued in the socket before a connection counts as lagging, whatever was acknowledged. */
  socketQueueBytesMax: 256 * 1024,
  /** Without any acknowledgement for this long a visible connection is closed (4408). */
  stallMs: 60_000,
  heartbeatMs: 15_000,
  snapshotChunkBytes: 64 * 1024,
  snapshotRowsMax: 50_000,
  // Views.
  viewsPerOrgMax: 20_000,
  /** A view's log is kept this long after its last subscriber left, for resume. */
  viewLingerMs: 5 * 60_000,
  viewLeavesMax: 50_000,
  flushSliceMs: 2,
  // Writes.
  commitQueueMax: 10_000,
  commitBatchMax: 1_000,
  commitAgeMs: 5_000,
  idempotencyMs: 24 * 3_600_000,
  idempotencyMax: 100_000,
  tombstoneMs: 7 * 24 * 3_600_000,
  recordsPerOrgMax: 1_000_000,
  recordBytesMax: 256 * 1024,
  labelsMax: 32,
  // REST.
  bodyBytesMax: 1024 * 1024,
  jsonDepthMax: 32,
  reportsPerRequestMax: 1_000,
  pageRowsMax: 1_000,
  requestsPerMinuteMax: 6_000,
  signInsPerMinuteMax: 10,
  // Probes.
  probesConcurrentMax: 20,
  probesPerHostMax: 2,
  probeBodyBytesMax: 8 * 1024 * 1024,
  probeHeaderBytesMax: 64 * 1024,
  toolPagesMax: 64,
  childrenHeldMax: 32,
  stderrBytesMax: 16 * 1024,
  refreshIntervalMs: 5_000,
  backoffMsMax: 120_000,
  recentMax: 40,
  stepsMax: 50,
  // History kept by this release.
  samplesMs: 48 * 3_600_000,
  transitionsMs: 396 * 24 * 3_600_000,
  changesMs: 7 * 24 * 3_600_000,
  deleteSliceRows: 5_000,
} as const;

export type Limits = { readonly [K in keyof typeof limits]: number };
