/** What the gallery shows: records as a server sends them, and series that look like those of a real service. */
import type { Present, ShownAgent, ShownMessage, ShownRun } from '@statewire/react/components';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function runs(now: number): readonly ShownRun[] {
  const base = {
    rate: null,
    etaMs: null,
    movedAt: now - 2_000,
    startedAt: now - 12 * MINUTE,
    endedAt: null,
    createdAt: now - 12 * MINUTE,
    updatedAt: now - 2_000,
  };
  const progress = { stage: '', message: '' };
  return [
    {
      ...base,
      id: 'scan',
      title: 'Nightly scan of the shop',
      goal: 'Every page answers within a second',
      state: 'running',
      progress: {
        ...progress,
        done: 1_284,
        total: 1_900,
        unit: 'pages',
        pct: null,
        message: 'GET /products/garden/hoses',
      },
      rate: 4.2,
      etaMs: 147_000,
    },
    {
      ...base,
      id: 'stream',
      title: 'Stream of orders',
      state: 'running',
      progress: { ...progress, done: 48_210, total: null, unit: 'orders', pct: null, message: 'Following the queue' },
      rate: 31,
    },
    {
      ...base,
      id: 'stalled',
      title: 'Import of customers',
      state: 'running',
      movedAt: now - 4 * MINUTE,
      updatedAt: now - 4 * MINUTE,
      progress: { ...progress, done: 310, total: 1_200, unit: 'rows', pct: null, message: 'customers-2026-11.csv' },
    },
    {
      ...base,
      id: 'done',
      title: 'Thumbnails',
      state: 'succeeded',
      reason: { code: 'done', text: '860 made, none refused' },
      endedAt: now - 3 * MINUTE,
      progress: { ...progress, done: 860, total: 860, unit: 'images', pct: 100 },
    },
    {
      ...base,
      id: 'failed',
      title: 'Weekly backup',
      state: 'failed',
      reason: { code: 'disk_full', text: 'No space left on the target after 71 GB' },
      startedAt: now - 95 * MINUTE,
      endedAt: now - 40 * MINUTE,
      progress: { ...progress, done: 71, total: 120, unit: 'GB', pct: null },
    },
    {
      ...base,
      id: 'waiting',
      title: 'Release of billing 4.2',
      state: 'waiting_input',
      progress: { ...progress, done: 3, total: 5, unit: 'steps', pct: null, message: 'Waits for an approval by Grace' },
    },
  ];
}

const overlay = { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null };

export function agents(now: number): readonly ShownAgent[] {
  return [
    {
      id: 'ada',
      name: 'research-agent-7',
      status: 'up',
      desired: 'active',
      since: now - 3 * HOUR,
      override: null,
      overlay,
      activity: 'Reading 14 of 60 papers on heat pumps',
    },
    {
      id: 'bob',
      name: 'billing-agent',
      status: 'paused',
      desired: 'paused',
      since: now - 20 * MINUTE,
      override: null,
      overlay: { ...overlay, muted: true },
      activity: 'Reading the inbox',
      phase: 'running',
      fresh: 'live',
      asked: { instruction: 'bob:4', kind: 'pause', state: 'received', answer: '', at: now - 20 * MINUTE },
    },
    {
      id: 'cleo',
      name: 'crawler-eu-2',
      status: 'up',
      desired: 'active',
      since: now - 5 * MINUTE,
      override: { status: 'up', until: now + 55 * MINUTE, by: 'Grace', reason: 'network being replaced' },
      overlay,
      activity: 'Idle',
      phase: 'idle',
      fresh: 'live',
      asked: { instruction: 'cleo:2', kind: 'resume', state: 'done', answer: 'from page 40 on', at: now - 5 * MINUTE },
    },
  ];
}

export const people: readonly Present[] = [
  { id: 'ada', name: 'Ada Lovelace', activity: 'editing Billing' },
  { id: 'grace', name: 'Grace Hopper' },
  { id: 'linus', name: 'Linus Pauling', state: 'away' },
  { id: 'mary', name: 'Mary Shelley' },
  { id: 'otto', name: 'Otto Hahn', state: 'offline' },
  { id: 'rosa', name: 'Rosa Parks' },
  { id: 'sun', name: 'Sun Tzu' },
];

export function messages(now: number): readonly ShownMessage[] {
  return [
    {
      id: 'm1',
      title: 'Payments are slow',
      body: 'Our provider answers late. Orders are kept and charged as soon as it recovers.',
      priority: 'critical',
      endsAt: null,
      dismissible: false,
    },
    {
      id: 'm2',
      title: 'Maintenance tonight',
      body: 'From 02:00 to 02:30 UTC reports cannot be made.',
      priority: 'warning',
      endsAt: now + 5 * HOUR,
    },
    { id: 'm3', title: 'The new search is on', body: '', priority: 'notice', endsAt: now + 24 * HOUR },
    {
      id: 'm4',
      title: 'Prices change on 1 December',
      body: 'See the mail to your account’s owner.',
      priority: 'info',
      startsAt: now + 9 * HOUR,
      endsAt: now + 48 * HOUR,
    },
    { id: 'm5', title: 'Login was down', body: '', priority: 'info', endsAt: now - 2 * HOUR },
  ];
}

/** Latency as a service has it: calm, with a bad quarter of an hour, and a gap. The same each time. */
export function series(now: number, count = 90): readonly { at: number; p50: number | null; p95: number | null }[] {
  return Array.from({ length: count }, (_, i) => {
    const at = now - (count - i) * MINUTE;
    if (i >= 52 && i < 57) return { at, p50: null, p95: null };
    const wave = 84 + 14 * Math.sin(i / 6) + ((i * 37) % 11);
    const bad = i >= 44 && i < 52 ? 160 : 0;
    return { at, p50: Math.round(wave + bad), p95: Math.round(wave * 1.5 + bad * 1.6 + ((i * 53) % 23)) };
  });
}

export const bars = {
  calm: 'uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu',
  mixed: 'uuuuuuuuuuuugguuuuuudddduuuuuu',
  down: 'uuuuuuuuuuuuuuuuuuuuuuuggddddd',
  young: 'uuxxuu',
} as const;

/** Ninety days, one letter each. */
export const days = `${' '.repeat(12)}${'u'.repeat(30)}g${'u'.repeat(11)}mm${'u'.repeat(14)}d${'u'.repeat(12)}gu${'u'.repeat(5)}`;
