import { expect, test } from 'vitest';
import { z } from 'zod';
import { preferenceDefaults } from './preferences.ts';
import { draftingDefaults } from './settings.ts';
import { collectionOf, collections, isCollectionName } from './index.ts';

const all = Object.entries(collections);
const status = {
  desired: 'active',
  phase: 'ready',
  facts: { reach: { v: 'ok', code: 'ok', text: '', ms: 3, at: 1, since: 1 } },
  observed: 'healthy',
  health: 'healthy',
  suspect: null,
  fresh: 'live',
  overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
  override: null,
  status: 'up',
  reason: { code: 'ok', text: '' },
  since: 1,
  lastOkAt: 1,
  lastBadAt: null,
  nextProbeAt: 2,
  flaps: 0,
  flap: { score: 0, at: 0 },
  recent: { bar: 'u', ms: [3] },
  latencyMs: 3,
  dueAt: null,
  expiresAt: null,
  uptime: {
    h24: { pct: 99.999, coverage: 1 },
    d7: { pct: 100, coverage: 0.14 },
    d30: { pct: null, coverage: 0 },
    d90: { pct: 0, coverage: 0.01 },
  },
  bar: 'xugdmp',
  mutedUntil: null,
};
const run = {
  title: 'Scan',
  state: 'running',
  reason: { code: '', text: '' },
  attempt: 1,
  progress: { done: 1, total: null, unit: '', pct: null, message: '', stage: '' },
  rate: null,
  etaMs: null,
  movedAt: 1,
  startedAt: 1,
  endedAt: null,
  cancelRequested: false,
  leaseUntil: 2,
  leaseMs: 60_000,
};
const envelope = {
  id: 'a',
  org: 'main',
  version: 1,
  createdAt: 1,
  updatedAt: 1,
  observedAt: null,
  labels: { env: 'prod' },
  source: { kind: 'api', id: '', seq: null },
};

const rows: Record<string, Record<string, unknown>> = {
  services: {
    ...envelope,
    ...status,
    name: 'A',
    kind: 'http',
    target: 'http://a.example/',
    description: '',
    group: '',
    mcp: null,
    certificate: null,
    managedBy: 'api',
    dependsOn: ['services/db'],
    fusion: { rule: 'majority', named: null },
    observers: {},
    split: '',
    disagreement: null,
    latencyShift: null,
    members: null,
  },
  connections: {
    ...envelope,
    ...status,
    agent: 'g',
    service: 's',
    sessionId: null,
    protocolVersion: null,
    calls: 0,
    errors: 0,
    lastErrorCode: null,
    tools: [{ name: 'search', calls: 3, errors: 1 }],
    disagreement: { kind: 'agents_fail', agents: 1, of: 2, code: 'timeout', text: 'a', since: 1 },
  },
  agents: {
    ...envelope,
    ...status,
    name: 'G',
    platform: '',
    release: '',
    currentExecution: null,
    presence: 'report',
    activity: '',
    speaker: null,
    asked: { instruction: 'g:1', kind: 'pause', state: 'sent', answer: '', at: 1 },
    instructed: 1,
    waiting: 1,
  },
  instructions: {
    ...envelope,
    agent: 'g',
    number: 1,
    kind: 'message',
    text: 'Hello',
    until: null,
    state: 'sent',
    answer: '',
    by: 'Ann',
    recipient: null,
    receivedAt: null,
    endedAt: null,
    expiresAt: 2,
    nextAt: 2,
  },
  executions: {
    ...envelope,
    ...run,
    agent: 'g',
    parent: null,
    steps: [{ id: '1', title: '', state: 'done', startedAt: null, endedAt: null }],
  },
  jobs: { ...envelope, ...run, kind: 'scan', owner: null, goal: '', bulk: null },
  annotations: {
    ...envelope,
    subject: 'services/a',
    from: 1,
    to: 2,
    kind: 'maintenance',
    text: '',
    by: 'Ann',
    maintenance: null,
  },
  metrics: {
    ...envelope,
    subject: 'fleet',
    values: { 'services.up': 1 },
    window: '',
    kind: 'derived',
    title: '',
    unit: '',
    target: null,
    trend: null,
    past: null,
  },
  members: {
    ...envelope,
    name: 'Ana',
    email: 'ana@example.com',
    role: 'viewer',
    state: 'active',
    joinedAt: 1,
    invitedBy: null,
    lastSeenAt: 1,
    hasSecondFactor: false,
  },
  roles: { ...envelope, name: 'Night shift', description: '', permissions: ['alerts:ack'] },
  checks: {
    ...envelope,
    service: 'a',
    kind: 'http',
    target: 'http://a.example/',
    intervalMs: 30_000,
    timeoutMs: 10_000,
    connectTimeoutMs: 3000,
    failAfter: 3,
    recoverAfter: 2,
    degradeAfter: 3,
    graceMs: null,
    degradedMs: null,
    window: { size: 5, bad: 3 },
    cron: null,
    zone: 'UTC',
    mode: 'hold',
    inventoryMs: 300_000,
    canary: null,
    method: 'GET',
    expectStatus: ['200-299'],
    keyword: null,
    followRedirects: false,
    certificateDays: 14,
    headers: {},
    conditions: [],
    degradedConditions: [],
    probe: null,
    secrets: [],
    managedBy: 'api',
  },
  maintenances: {
    ...envelope,
    title: 'Patch day',
    text: '',
    selector: { collection: 'services', where: ['eq', 'group', 'shop'] },
    schedule: { kind: 'once', from: 1, to: 2 },
    state: 'scheduled',
    window: { from: 1, to: 2 },
    past: [{ from: 0, to: 1 }],
    affected: ['services/a'],
    affectedCount: 1,
    isPublic: true,
    by: 'ann',
    endedAt: null,
    nextAt: 1,
  },
  rules: {
    ...envelope,
    name: 'Down',
    isEnabled: true,
    builtin: 'down',
    severity: 'critical',
    on: { collection: 'services', where: ['eq', 'group', 'shop'] },
    when: { kind: 'status', is: ['down'] },
    forMs: 0,
    policy: null,
    recovery: { kind: 'webhook', channel: 'hook', cooldownMs: 900_000, perDay: 3 },
    text: '',
    runbook: '',
    tried: { 'services/a': [1] },
  },
  alerts: {
    ...envelope,
    rule: 'down',
    name: 'Down',
    severity: 'critical',
    subject: 'services/a',
    subjectName: 'A',
    title: 'A is down',
    text: '',
    state: 'suppressed',
    suppressed: { by: 'dependency', ref: 'services/db' },
    startedAt: 1,
    firedAt: 1,
    ackedAt: null,
    ackedBy: null,
    note: '',
    snoozedUntil: null,
    assignee: null,
    resolvedAt: null,
    resolution: '',
    evidence: { status: 'down' },
    parent: null,
    children: [],
    group: '',
    policy: null,
    step: 0,
    notified: { channels: [], count: 0, lastAt: null },
    incident: null,
    events: [{ at: 1, kind: 'opened', by: '', text: '' }],
    isSettled: true,
    due: { tell: 2 },
    nextAt: 2,
  },
  policies: {
    ...envelope,
    name: 'On call',
    isDefault: true,
    match: { severity: ['critical'], on: null },
    groupBy: ['rule', 'label:team'],
    groupWaitMs: 10_000,
    groupIntervalMs: 300_000,
    steps: [{ afterMs: 0, channels: ['mail'] }],
    repeatMs: null,
    reminderMs: null,
    quiet: [{ days: [0, 6], from: '22:00', to: '07:00', zone: 'UTC', bypass: ['critical'] }],
    digest: { every: 'day', at: '09:00', weekday: 1, zone: 'UTC', channels: ['mail'] },
    sendResolved: true,
    nextAt: null,
  },
  incidents: {
    ...envelope,
    title: 'Shop is down',
    phase: 'investigating',
    impact: 'major',
    affected: [{ ref: 'services/shop', impact: 'down' }],
    isEdited: false,
    alerts: ['a1'],
    updates: [{ id: 'u1', at: 1, by: 'Ana', phase: 'investigating', text: '', isPublic: true }],
    isPublished: true,
    publishedAt: 1,
    drafted: 'alert',
    cause: 'shop',
    startedAt: 1,
    resolvedAt: null,
    postmortem: { text: 'A disk was full.', by: 'Ana', at: 2, publishedAt: null },
    assignee: null,
    by: 'Ana',
    nextAt: null,
  },
  notifications: {
    ...envelope,
    person: 'ana',
    type: 'alert',
    priority: 'urgent',
    title: 'Shop is down',
    text: '',
    refs: ['alerts/a1', 'services/shop'],
    path: '/alerts/a1',
    state: 'unread',
    snoozedUntil: null,
    count: 1,
    lastAt: 1,
    readAt: null,
    archivedAt: null,
    sound: true,
    thread: 'services/shop',
    nextAt: null,
  },
  preferences: {
    ...envelope,
    person: 'ana',
    ...preferenceDefaults,
    quiet: { days: [1], from: '22:00', to: '07:00', zone: 'Europe/Berlin', bypassUrgent: true },
    look: {
      theme: 'dark',
      density: 'dense',
      zone: 'Asia/Tokyo',
      locale: null,
      hours: '24',
      rail: 'auto',
      refresh: '1s',
    },
    push: [{ id: 'p1', name: 'Phone', host: 'push.example.org', at: 1 }],
  },
  customers: {
    ...envelope,
    name: 'Acme',
    status: 'active',
    plan: 'team',
    email: 'it@acme.example',
    notes: '',
    tags: ['vip'],
    owner: null,
    externalId: 'crm-7',
    attributes: { seats: 12 },
    users: 3,
    services: 2,
    worst: 'degraded',
    openAlerts: 1,
    messages: 0,
  },
  users: {
    ...envelope,
    name: 'Ana',
    email: 'ana@acme.example',
    status: 'active',
    customer: 'acme',
    role: 'admin',
    lastSeenAt: 1,
    notes: '',
    tags: [],
    externalId: null,
    attributes: {},
  },
  'saved-views': {
    ...envelope,
    page: 'customers',
    name: 'Trials',
    search: { status: ['trial'] },
    isShared: false,
    isDefault: true,
    owner: 'u1',
    ownerName: 'Ana',
  },
  presences: { ...envelope, who: 'u1', name: 'Ana', kind: 'user', at: 'customers/42', state: 'active', since: 1 },
  inboxes: {
    ...envelope,
    person: 'ana',
    unread: 1,
    urgent: 1,
    byType: { alert: 1, recovery: 0, incident: 0, maintenance: 0, job: 0, message: 0, system: 0 },
    total: 1,
    hour: { from: 0, n: 1 },
    held: 0,
    nextAt: null,
  },
  settings: { ...envelope, auditDays: 400, requiresSecondFactor: false, drafting: draftingDefaults },
  channels: {
    ...envelope,
    name: 'On-call',
    kind: 'slack',
    isEnabled: true,
    settings: {},
    secrets: ['url'],
    rate: { perMinute: 30, burst: 10 },
    last: { at: 1, ok: true, text: '' },
    failures: 0,
  },
  captures: {
    ...envelope,
    kind: 'postgres',
    mode: 'stream',
    state: 'live',
    reason: null,
    since: 1,
    epoch: 1,
    cause: 'first',
    asOf: 1,
    lagBytes: 0,
    changes: 0,
    refused: 0,
    refusal: '',
    tables: [{ table: 'public.orders', collection: 'orders', rows: 3, missing: [] }],
  },
  deliveries: {
    ...envelope,
    channel: 'on-call',
    channelName: 'On-call',
    kind: 'alert',
    title: 'Shop is down',
    refs: ['services/shop'],
    state: 'queued',
    attempts: 0,
    error: '',
    key: 'a1:0:on-call:1',
    thread: 'a1',
    to: '',
    recipient: 'r',
    place: null,
    queuedAt: 1,
    deliveredAt: null,
    nextAt: 1,
  },
  pages: {
    ...envelope,
    slug: 'acme',
    title: 'Acme',
    text: '',
    isPublished: true,
    access: 'public',
    groups: [{ name: 'API', services: [{ id: 'a', name: null, isNumbered: true }] }],
    theme: { accent: '#3355ff', mode: 'system', logo: '', css: '' },
    days: 90,
    zone: 'Europe/Berlin',
    links: [{ name: 'Home', url: 'https://acme.example/' }],
    domain: 'status.acme.example',
    refreshMs: 30_000,
    channel: null,
    webhookChannel: null,
    frames: ['https://acme.example'],
    secrets: ['password'],
    securedAt: 4,
  },
  subscribers: {
    ...envelope,
    page: 'acme',
    kind: 'email',
    target: 'a...@example.org',
    state: 'pending',
    groups: null,
    confirmedAt: null,
    nextAt: 5,
  },
  messages: {
    ...envelope,
    title: 'Upgrade on Sunday',
    body: 'We **move** to new machines.',
    priority: 'warning',
    audience: 'customers',
    customers: ['acme'],
    to: { acme: true },
    link: { text: 'What changes', url: 'https://acme.example/news' },
    dismissible: true,
    state: 'active',
    startsAt: 1,
    endsAt: 9,
    activeAt: 1,
    endedAt: null,
    by: 'Ana',
    shown: 3,
    clicked: 1,
    dismissed: 2,
    receipts: 3,
    events: [{ at: 1, what: 'activated', by: '' }],
    nextAt: 9,
  },
  embeds: {
    ...envelope,
    name: 'Shop on www',
    panel: 'list',
    views: [{ collection: 'services', filter: ['eq', 'group', 'shop'], fields: ['name', 'status'] }],
    origins: ['https://www.acme.example'],
    expiresAt: null,
    isEnabled: true,
    digest: 'ab',
    tokens: 1,
    by: 'Ana',
    lastUsedAt: null,
  },
  dismissals: {
    ...envelope,
    person: 'https://issuer.example|u1',
    device: '',
    message: 'upgrade-on-sunday',
    shownAt: 2,
    clickedAt: null,
    dismissedAt: 3,
  },
};

test('every collection is under its own name', () => {
  expect(Object.keys(collections).toSorted()).toEqual(Object.keys(rows).toSorted());
  for (const [name, collection] of all) expect(collection.name).toBe(name);
});

test('collectionOf knows its own names and no others', () => {
  expect(collectionOf('services')).toBe(collections.services);
  for (const foreign of ['', 'service', 'Services', 'toString', '__proto__', 'constructor', 'hasOwnProperty']) {
    expect(collectionOf(foreign)).toBeNull();
    expect(isCollectionName(foreign)).toBe(false);
  }
});

test.each(all)('a full row of %s passes, and its fields are exactly those listed', (name, { row, fields }) => {
  expect(row.safeParse(rows[name]).error?.issues).toBeUndefined();
  expect(Object.keys(rows[name] ?? {}).toSorted()).toEqual([...fields].toSorted());
});

test.each(all)('[RC1] a record of %s needs id, org and version', (name, { row }) => {
  for (const field of ['id', 'org', 'version'])
    expect(row.safeParse(without(rows[name], field)).success, field).toBe(false);
});

test.each(all)('[RC3] a record of %s carries every field; null is not absence', (name, { row, fields }) => {
  for (const field of fields) expect(row.safeParse(without(rows[name], field)).success, field).toBe(false);
});

test.each(all)('[RC4] field names of %s are letters, digits and _', (_, { fields }) => {
  expect(fields.length).toBeGreaterThan(8);
  for (const field of fields) expect(field).toMatch(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/);
});

test.each(all)('derived fields of %s belong to no writer', (name, { owns }) => {
  for (const derived of [
    // Where a customer or user stands is what people say, not what was observed.
    ...(name === 'customers' || name === 'users' ? ['users', 'worst', 'openAlerts', 'messages'] : ['status']),
    'id',
    'org',
    'version',
    'createdAt',
    'updatedAt',
    'source',
    'health',
    'fresh',
    'suspect',
    'since',
    'bar',
    'flaps',
    'leaseUntil',
    'override',
  ]) {
    expect(owns.api).not.toContain(derived);
    expect(owns.report).not.toContain(derived);
  }
});

test('operators alone read how things are checked', () => {
  expect(collections.checks.access.read).toBe('admin');
});

test('metrics are reported and never written, and checks are written through their service', () => {
  expect(collections.metrics.create.safeParse({}).success).toBe(false);
  expect(collections.metrics.patch.safeParse({}).success).toBe(false);
  expect(collections.metrics.report?.safeParse({ set: 1 }).success).toBe(true);
  expect(collections.metrics.report?.safeParse({ set: Number.NaN }).success).toBe(false);
  expect(collections.checks.create.safeParse({ intervalMs: 1000 }).success).toBe(false);
  expect(collections.checks.patch.safeParse({ intervalMs: 1000 }).success).toBe(false);
});

test.each(all)(
  'bodies for %s refuse unknown fields, and fields that only the server writes',
  (_, { create, patch, report }) => {
    for (const schema of [create, patch, report]) {
      if (schema === null) continue;
      for (const body of [
        { nonsense: 1 },
        { version: 1 },
        { org: 'other' },
        { status: 'up' },
        { createdAt: 1 },
        { managedBy: 'file' },
      ]) {
        expect(
          schema.safeParse({ name: 'A', title: 'A', agent: 'g', service: 's', kind: 'heartbeat', ...body }).success,
        ).toBe(false);
      }
    }
  },
);

test.each(all)('schemas of %s can be shown as JSON Schema', (_, { row, create, patch, report }) => {
  for (const schema of [row, create, patch, report]) {
    if (schema !== null) expect(z.toJSONSchema(schema, { unrepresentable: 'any' })).toBeTypeOf('object');
  }
});

test('run states can be created, reported and cancelled', () => {
  expect(collections.jobs.create.safeParse({ title: 'Scan', kind: 'scan', total: 500, leaseMs: 30_000 }).success).toBe(
    true,
  );
  expect(collections.jobs.patch.safeParse({ cancelRequested: true }).success).toBe(true);
  expect(collections.jobs.report?.safeParse({ cancelRequested: true }).success).toBe(false);
  expect(collections.executions.create.safeParse({ title: 'Run' }).success).toBe(false);
  expect(collections.executions.create.safeParse({ title: 'Run', agent: 'g', steps: [{ id: '1' }] }).success).toBe(
    true,
  );
  expect(
    collections.executions.report?.safeParse({ steps: Array.from({ length: 51 }, (__, i) => ({ id: String(i) })) })
      .success,
  ).toBe(false);
});

function without(row: Record<string, unknown> | undefined, field: string): Record<string, unknown> {
  const { [field]: _, ...rest } = row ?? {};
  return rest;
}
