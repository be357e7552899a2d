/**
 * Every bound of the server in one place: each queue, map of callers and retry loop names its limit here,
 * with its unit last. Integers >= 1. Tests lower them; operators may not.
 */
export const limits = {
  // Frames and connections.
  messageBytesMax: 65_536,
  fragmentsMax: 64,
  helloWaitMs: 10_000,
  /** Messages of a caller that arrive while its credential is being checked. */
  helloQueueMax: 256,
  helloQueueBytesMax: 262_144,
  connectionsMax: 20_000,
  /** An idle connection of plain requests. Proxies keep theirs for 60 s at most: one of them never sends into one that closes. */
  keepAliveMs: 75_000,
  subscriptionsPerConnectionMax: 256,
  /** Messages of one caller, of any kind; beyond the burst the connection is closed (4429). */
  framesPerSecondMax: 200,
  frameBurstMax: 2_000,
  agentsPresentMax: 64,
  mutationsPerSecondMax: 20,
  mutationBurstMax: 50,
  mutationsInFlightMax: 64,
  /** Bytes sent and not yet acknowledged before a connection counts as lagging. */
  windowBytes: 131_072,
  /** Oldest unacknowledged frame before a connection counts as lagging. */
  ackAgeMsMax: 5_000,
  /** Bytes queued in the socket before a connection counts as lagging, whatever was acknowledged. */
  socketQueueBytesMax: 262_144,
  /** Bytes queued in the socket that nobody reads: replies are never dropped, so the connection goes (4408). */
  socketHoldBytesMax: 1_048_576,
  /** Without any acknowledgement for this long a visible connection is closed (4408). */
  stallMs: 60_000,
  /** The same for a hidden one: browsers let its timers run once a minute at best. */
  stallHiddenMs: 600_000,
  heartbeatMs: 15_000,
  // Live connections over plain requests.
  /** Body of one request: a `hello`, or upstream messages. */
  requestBytesMax: 524_288,
  /** Requests of one principal a minute, all its streams and polls together. */
  liveRequestsPerMinuteMax: 60_000,
  /** Polls held at once: of one principal, and of this process. */
  pollsPerPrincipalMax: 500,
  pollsMax: 5_000,
  pollWaitMsMax: 30_000,
  /** Streams of one principal. */
  streamsPerPrincipalMax: 500,
  /** Bytes of an answer that wait for the network before its stream counts as not being read. */
  requestQueueBytes: 65_536,
  /** A comment at the head of a stream: what buffers the first kilobytes lets the rest pass. */
  streamPaddingBytes: 2_048,
  snapshotChunkBytes: 65_536,
  snapshotRowsMax: 50_000,
  /** A snapshot captured for a caller that confirms nothing is dropped after this long, and made again when it is back. */
  captureHoldMs: 30_000,
  /** A delta is one frame; when it would be larger, what changed is sent in chunks. */
  deltaBytesMax: 262_144,
  // Credentials on a living connection.
  authRenewMs: 60_000,
  authGraceMs: 30_000,
  authPauseMs: 300_000,
  // Wires that apps already speak.
  /** Channels of one socket, and tables that one channel listens to. */
  channelsPerSocketMax: 100,
  bindingsPerChannelMax: 20,
  /** Topics with somebody in them, in this process; those present in one, and what each says of themselves. */
  dialectRoomsMax: 20_000,
  presencesPerRoomMax: 1_000,
  presenceBytesMax: 4_096,
  /** What was said in private topics, for who asks for it on joining: by topic and age, and over all topics. */
  keptPerTopicMax: 100,
  keptMs: 86_400_000,
  keptBytesMax: 16_777_216,
  /** How soon it is durable when nobody waits for that, and when it is tried again after it could not be. */
  keptWithinMs: 200,
  keptAgainMs: 5_000,
  /** Of these, what one join is told again; messages of one REST call. */
  replayedPerJoinMax: 25,
  broadcastsPerRequestMax: 100,
  /** A client sends a heartbeat every 25 or 30 s; after three without one it is gone. */
  dialectSilenceMs: 95_000,
  /** How often those are asked for a sign of life that need not say anything by themselves. */
  dialectPingMs: 30_000,
  /** Records of one plain topic, or of one list that a Socket.IO channel tells. */
  topicRowsMax: 2_000,
  /** What changed so shortly before a join is told again: the client says no position and was away for a second at least. */
  replayMs: 120_000,
  /** What records of one collection were before they changed, within that time; and how many are named when nobody knows. */
  departuresMax: 10_000,
  departuresUnknownMax: 1_000,
  /** Clients that were cut off and may come back. */
  absencesMax: 20_000,
  // Views.
  viewsPerOrgMax: 20_000,
  /** A view's log is kept this long after its last subscriber left, for resume. */
  viewLingerMs: 300_000,
  /** The same for a window: somebody who scrolls leaves one behind at each page. */
  windowLingerMs: 60_000,
  /** Different orders (collection, filter, sort) that windows of one organization use at once, and records in all of them; about 200 bytes each. */
  ordersPerOrgMax: 64,
  orderedRowsPerOrgMax: 2_000_000,
  /** Groups of one aggregate when it is asked for. */
  aggregateGroupsMax: 1_000,
  viewLeavesMax: 50_000,
  flushSliceMs: 2,
  // Writes.
  commitQueueMax: 10_000,
  commitBatchMax: 1_000,
  commitBatchBytesMax: 1_048_576,
  /** How long running the transactions of one batch may hold up the thread. */
  commitSliceMs: 8,
  commitAgeMs: 5_000,
  idempotencyMs: 86_400_000,
  idempotencyMax: 100_000,
  tombstoneMs: 604_800_000,
  recordsPerOrgMax: 1_500_000,
  // Audit.
  /** Refusals like one that was written are counted this long, then one row says how many. */
  refusalsMs: 60_000,
  /** Rows that refusals of one organization add at once in that time; what is more is in the count. */
  refusalsPerMinuteMax: 30,
  /** Kinds of refusals (who, what, why not) told apart in that time, over all organizations. */
  refusalsKindsMax: 1_000,
  /** Collections whose refused subscriptions one connection's rows tell apart; all others are one kind. */
  denialKindsPerConnectionMax: 8,
  /** What a connection was refused again and again is counted this long, then one row says how often. */
  denialsMs: 600_000,
  /** Lines of the server's log about connections that come, go or are refused; what is more is one line with its numbers. */
  connectionLinesPerMinuteMax: 300,
  connectionLinesMs: 60_000,
  /** The log's end is told to live views at most this often. */
  auditTailMs: 500,
  auditSweepMs: 3_600_000,
  /** Rows of one export. */
  auditExportRowsMax: 1_000_000,
  recordBytesMax: 262_144,
  labelsMax: 32,
  /** How long a store waits for a lock on its file before a commit fails. */
  storeBusyMs: 5_000,
  storeReadsMax: 1_000,
  /** Rows of one answer of the store. */
  storeRowsMax: 10_000,
  // Collections that the app defines.
  customCollectionsMax: 32,
  customFieldsMax: 64,
  customCommandsMax: 32,
  customRecordBytesMax: 65_536,
  /** Records that one transaction brings under a changed definition, at the start. */
  customSliceRows: 500,
  // REST.
  beatTextBytesMax: 10_240,
  bodyBytesMax: 1_048_576,
  /** Records whose status one scrape of Prometheus holds; about 1 kB each. */
  exportedRecordsMax: 20_000,
  historyRowsMax: 10_000,
  /** A file of another product: a thousand monitors are about 2 MB. */
  importBytesMax: 8_388_608,
  importRecordsMax: 2_000,
  /** YAML is read a hundred times slower than JSON, on the thread that serves everybody. */
  importYamlBytesMax: 262_144,
  jsonDepthMax: 32,
  keysPerOrgMax: 1_000,
  /** People who are invited to one organization and have not come yet. */
  invitationsPerOrgMax: 500,
  /** Organizations of one instance. */
  organizationsMax: 10_000,
  /** Organizations that were deleted and whose ids are not given again; about 300 bytes each. */
  organizationsEndedMax: 100_000,
  /** Records of a deleted organization that go in one transaction. */
  organizationEndSliceRecords: 200,
  /** Until what follows records has written what became of those that went. */
  organizationEndSettleMs: 2_000,
  organizationEndRetryMs: 5_000,
  /** Metrics that apps report, per organization; about 3 kB each. */
  metricsPerOrgMax: 1_000,
  reportsPerRequestMax: 1_000,
  pageRowsMax: 1_000,
  requestsPerMinuteMax: 6_000,
  signInsPerMinuteMax: 10,
  // Analytics.
  /** Records of one collection that an answer is made of; each is a read of the store. */
  analyticsRecordsMax: 500,
  /** Services listed in an answer. */
  analyticsLinesMax: 200,
  /** Answers that are kept, and for how long each is good. */
  analyticsAnswersMax: 64,
  analyticsFreshMs: 30_000,
  // OTLP.
  /** One request, after it was inflated; and messages (spans, attributes, values) in one binary request. */
  otlpBytesMax: 2_097_152,
  otlpMessagesMax: 100_000,
  otlpSpansMax: 2_000,
  /** Agents, and pairs of agent and service, in one request; and records that it may make. */
  otlpEdgesMax: 1_000,
  otlpNewRecordsMax: 100,
  /** How old the list of services may be that spans are compared with, and for how many organizations it is held. */
  otlpTargetsMs: 1_000,
  otlpOrgsMax: 100,
  // Capture of databases.
  /** Rows that become records in one transaction. */
  captureRowsPerTransactionMax: 500,
  /** Changes, and their bytes, that wait to be written before the database is not read any more. */
  captureQueueRowsMax: 2_000,
  captureQueueBytesMax: 8_388_608,
  /** Rows of which the log has spoken while a snapshot is read; above that the log waits for its end. */
  captureOverlapRowsMax: 500_000,
  captureConnectMs: 10_000,
  /** One statement; and the making of a slot, which waits for every transaction that is under way. */
  captureStatementMs: 60_000,
  captureSlotMs: 600_000,
  /** How often what is taken is confirmed although nothing happens. */
  captureConfirmMs: 10_000,
  /** How often the tables are compared with what they were, and the numbers of a capture told. */
  captureLookMs: 15_000,
  captureTellMs: 5_000,
  /** Polling: how far each look goes back, for what committed later than what it knows; rows whose last words are remembered. */
  capturePollBackMs: 10_000,
  captureSeenMax: 200_000,
  /** How old, or how young, a signed message with rows may be. */
  captureSignedMs: 300_000,
  /** A document that is fetched for its rows. */
  captureDocumentBytesMax: 16_777_216,
  captureDocumentRowsMax: 50_000,
  /** Looks at databases before they are captured: at once, one statement of one, and the tables that are shown. */
  captureInspectionsMax: 4,
  captureInspectMs: 15_000,
  captureTablesMax: 200,
  // The MCP endpoint.
  mcpBodyBytesMax: 262_144,
  /** Listening streams: of one credential, and of this process; how long one lasts, and how many resources it names. */
  mcpListensPerPrincipalMax: 20,
  mcpListensMax: 500,
  mcpListenMsMax: 3_600_000,
  mcpUrisPerListenMax: 200,
  /** A listener is told of a record that changes again and again at most this often. */
  mcpTellMs: 1_000,
  // People.
  /** Between the right password and the code; tries of one such sign-in, and sign-ins of one person that wait for a code. */
  secondStepMs: 300_000,
  secondStepTriesMax: 5,
  secondStepsPerPersonMax: 5,
  /** Wrong codes of one person in a row, and for how long no code counts after them. */
  secondFactorFailuresMax: 10,
  secondFactorLockMs: 900_000,
  /** A link that sets a new password; requests for one, for one address and from one network. */
  resetLinkMs: 3_600_000,
  resetsPerHourMax: 20,
  resetsPerTargetMax: 3,
  /** Letters (invitations, links) that wait for the mail server at once. */
  lettersQueuedMax: 100,
  /** Between the way to an identity provider and back; and sign-ins on that way at once. */
  oidcTripMs: 600_000,
  oidcTripsMax: 10_000,
  /** One exchange with an identity provider, and what is read of its answer. */
  oidcRequestMs: 10_000,
  oidcAnswerBytesMax: 262_144,
  /** How long what a provider says of itself is believed. */
  oidcDiscoveryMs: 3_600_000,
  /** Sessions of one person; the one that was seen longest ago ends. */
  sessionsPerPersonMax: 50,
  /** How exactly `last seen` of a session is written down. */
  sessionSeenStepMs: 60_000,
  /** How exactly a member's `lastSeenAt` is: a commit costs more than a line in a file of its own. */
  memberSeenStepMs: 600_000,
  // Public pages.
  pagesPerOrgMax: 100,
  /** Listeners of the push stream of one page, of all pages of this process, and of one address. */
  pageListenersMax: 2_000,
  pagesListenersMax: 5_000,
  pageListenersPerIpMax: 50,
  /** Bytes that wait for a listener who does not read; above it they are let go and come back to the whole state. */
  pageListenerBytesMax: 1_048_576,
  /** A page is built at most this often while people watch it. */
  pageBuildMs: 200,
  pageBeatMs: 15_000,
  /** Incidents and maintenances that one page shows. */
  pageIncidentsMax: 100,
  pageMaintenancesMax: 50,
  pageHistoryMs: 31_622_400_000,
  /** How long somebody who knew the password stays inside. */
  pageVisitMs: 604_800_000,
  pageFormBytesMax: 8_192,
  /** Tries of a password, a token or a link, from one address. */
  pageSecretsPerMinuteMax: 20,
  subscribersPerPageMax: 10_000,
  /** A sign-up that nobody confirms is forgotten. */
  subscriberPendingMs: 172_800_000,
  /** A pending one who signs up once more is asked again after this long. */
  subscriberAgainMs: 600_000,
  /** Sign-ups from one address, and for one address. */
  subscribesPerHourMax: 20,
  subscribesPerTargetMax: 3,
  /** Older news is not told to subscribers. */
  noticeAgeMsMax: 86_400_000,
  subscribersPerTransactionMax: 100,
  // Probes.
  probesConcurrentMax: 20,
  probesPerHostMax: 2,
  probeBodyBytesMax: 8_388_608,
  probeHeaderBytesMax: 65_536,
  toolPagesMax: 64,
  childrenHeldMax: 32,
  stderrBytesMax: 16_384,
  refreshIntervalMs: 5_000,
  backoffMsMax: 120_000,
  recentMax: 30,
  stepsMax: 50,
  // Beats, deadlines and reports.
  /** Heartbeat services that reporters may make by beating, per organization. */
  beatServicesMax: 1_000,
  deadlineRetryMs: 1_000,
  /** Longest sleep of the deadline timer: how late a wall clock that was set forward is noticed. */
  deadlineSleepMsMax: 60_000,
  deadlineSweepMs: 250,
  deadlinesPerTurnMax: 500,
  /** After the last connection of an agent closed. */
  presenceGraceMs: 10_000,
  presenceRetryMs: 1_000,
  /** Stays that one connection says: of all tabs behind it. */
  staysPerConnectionMax: 512,
  /** Places where one caller is at once, and presences of one organization. */
  placesPerPrincipalMax: 256,
  presencesPerOrgMax: 10_000,
  reportsPerTransactionMax: 100,
  rowsPerAwakeningMax: 500,
  // Instructions to agents.
  /** Instructions that one agent has not answered yet; beyond it none is given. */
  instructionsWaitingMax: 20,
  /** The newest of one agent, whatever became of them. */
  instructionsKeptMax: 100,
  /** How long a held request waits for an instruction, and how many wait in this process and for one agent. */
  instructionWaitMsMax: 60_000,
  instructionWaitersMax: 5_000,
  instructionWaitersPerAgentMax: 4,
  // Notices to the outside.
  sendsConcurrentMax: 16,
  sendsPerChannelMax: 4,
  sendTimeoutMs: 15_000,
  sendConnectTimeoutMs: 5_000,
  /** What is read of a receiver's answer. */
  sendAnswerBytesMax: 65_536,
  /** The longest wait a receiver may ask for. */
  sendRetryAfterMsMax: 900_000,
  /** After the outcome of a sending could not be written. */
  sendSettleRetryMs: 1_000,
  /** Longest sleep of the outbox's timer: how late a wall clock that was set forward is noticed. */
  sendSleepMsMax: 60_000,
  /** Notices that one summary stands for. */
  summaryNoticesMax: 100,
  // Inboxes.
  notificationsReadMs: 7_776_000_000,
  notificationsArchivedMs: 2_592_000_000,
  /** Items of one person; the oldest that were put away go first. */
  notificationsPerPersonMax: 500,
  /** What happened longer ago than this is not told any more, also after a restart. */
  notificationAgeMsMax: 86_400_000,
  pushDevicesPerPersonMax: 10,
  deliveriesMs: 2_592_000_000,
  deliveriesPerOrgMax: 20_000,
  deliveriesSweepMs: 3_600_000,
  /** Deliveries that one transaction forgets or cancels. */
  deliveriesSliceRows: 500,
  // Messages.
  messagesPerOrgMax: 2_000,
  /** Shown at once: nobody reads more. */
  messagesActiveMax: 50,
  /** Readers of one message, and of all messages of an organization, whose receipts are kept. */
  receiptsPerMessageMax: 10_000,
  receiptsPerOrgMax: 100_000,
  /** After the end of a message: it may be brought back, and is then not shown again to who put it away. */
  receiptsKeptMs: 604_800_000,
  /** Receipts that one transaction forgets, and the pause before the next. */
  receiptsSliceRows: 1_000,
  receiptsSliceMs: 250,
  // Observers, groups and dependencies.
  observersMax: 16,
  /** Levels below a group, and steps to the furthest dependency. */
  groupDepthMax: 8,
  dependsDepthMax: 16,
  // Alerts.
  /** Alerts of one organization with something still to happen; beyond it none is opened. */
  alertsLiveMax: 10_000,
  /** Records looked at in one transaction. */
  alertLooksPerTurnMax: 200,
  /** How often conditions that time alone can change are asked, and how many at most each time. */
  alertTickMs: 15_000,
  alertMeasuresPerTickMax: 200,
  alertRetryMs: 1_000,
  /** A gap of ours longer than this moves what was due in it, so that the first look comes before the first notice. */
  alertGapMs: 60_000,
  alertBootGraceMs: 45_000,
  /** Records whose reconnects, and metrics whose values, are remembered for rules about them. */
  alertTracksMax: 5_000,
  alertTrackPointsMax: 500,
  /** How often the machine's clock is compared with ours, and the difference that is a step and not how clocks run. */
  clockLookMs: 1_000,
  clockStepMsMin: 2_000,
  /** Two of these looks further apart than this: the process stood still in between. */
  pauseMsMin: 3_000,
  /** Records that one failure can mark as impacted. */
  dependantsMax: 10_000,
  /** What follows from a commit (groups, dependencies): records of one transaction, and the wait after one was refused. */
  followSliceRows: 500,
  followRetryMs: 1_000,
  // The back office.
  savedViewsPerPersonMax: 200,
  /** Users that go, or lose their customer, with a customer in one transaction. */
  customerUsersRemovedMax: 1_000,
  /** Records of one bulk job, and jobs of one organization that have not ended. */
  bulkRecordsMax: 100_000,
  bulkJobsPerOrgMax: 20,
  /** Records of one transaction of a bulk job, and how long running them may hold up the thread. */
  bulkSliceRows: 200,
  bulkSliceMs: 6,
  /** Refused records that a bulk job names; of the others it says how many. */
  bulkFailuresMax: 100,
  /** How long a bulk job can be taken back, and its plan is kept. */
  bulkKeepMs: 604_800_000,
  bulkRetryMs: 1_000,
  /** Lines of one file of customers or users. */
  importLinesMax: 20_000,
  // Embeds.
  embedsPerOrgMax: 200,
  /** Records of one view of an embed: a panel in a page is no list of everything. */
  embedRowsMax: 1_000,
  /** Live connections of panels, of all embeds: strangers never take the room of the people here. */
  panelConnectionsMax: 10_000,
  // History kept by this release.
  samplesMs: 172_800_000,
  transitionsMs: 34_214_400_000,
  rollups5mMs: 691_200_000,
  rollups1hMs: 8_640_000_000,
  rollups1dMs: 69_120_000_000,
  /** Buckets written in one transaction, of which there is at most one a second. */
  historyRowsPerWriteMax: 2_000,
  /** Transitions of one record that are held in memory; of a record with more, the newest. */
  trackMarksMax: 4_000,
  /** Observations of one record that are held in memory for latency and error rate. */
  measuredMax: 512,
  /** Records whose uptime fields are written in one second. */
  uptimeRecordsPerSecondMax: 200,
  /** How often the uptime fields of a record in which nothing happens are worked out again. */
  uptimeRefreshMs: 300_000,
  /** How often the process marks that it is there: how much of its end a kill makes unknown. */
  aliveMarkMs: 30_000,
  /** A month is frozen this long after its end. */
  monthFreezeMs: 604_800_000,
  /** Outages listed in one answer. */
  outagesMax: 100,
  changesMs: 604_800_000,
  /** Versions of one organization that the change log keeps, however young they are. */
  changesVersionsMax: 500_000,
  /** How long the measured sizes of the store hold; measuring reads the whole file. */
  storeMeasureMs: 600_000,
  deleteSliceRows: 5_000,
  sweepIntervalMs: 600_000,
} as const;

export type Limits = { readonly [K in keyof typeof limits]: number };
