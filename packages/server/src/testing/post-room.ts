/**
 * An outbox on a virtual clock and a store in memory, whose channels lead to a receiver that a test answers for. Killed, it
 * leaves the store as a process that was killed leaves the disk; opened again on it, it is the next process.
 */
import type { Channel, Delivery } from '@statewire/model';
import { ok } from '@statewire/protocol';
import type { Committed } from '../keep/commit-types.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import type { SendResult } from '../send/channels/channel.ts';
import { enqueue } from '../send/enqueue.ts';
import type { Notice } from '../send/notice.ts';
import { Outbox } from '../send/outbox.ts';
import { openDesk, type Desk } from './desk.ts';
import { FakeClock } from './fake-clock.ts';
import { testVault } from './test-vault.ts';

/** Something that reached the receiver. */
export interface Arrived {
  readonly channel: string;
  readonly notice: Notice;
  readonly secrets: Readonly<Record<string, string>>;
  readonly at: number;
}

export interface PostRoomOptions {
  readonly store?: MemoryStore | undefined;
  readonly clock?: FakeClock | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** What the receiver answers; default: success. */
  readonly answer?: ((arrived: Arrived, signal: AbortSignal) => Promise<SendResult> | SendResult) | undefined;
  readonly key?: string | undefined;
}

export interface PostRoom {
  readonly clock: FakeClock;
  readonly desk: Desk;
  readonly store: MemoryStore;
  readonly outbox: Outbox;
  readonly arrived: Arrived[];
  readonly gone: Notice[];
  readonly errors: unknown[];
  /** Makes a channel that is told at most `rate`. */
  channel(id: string, more?: Partial<Channel>): Promise<void>;
  enqueue(...notices: readonly Notice[]): Promise<void>;
  row(key: string): Delivery | null;
  rows(): readonly Delivery[];
  close(): Promise<void>;
}

export async function openPostRoom(options: PostRoomOptions = {}): Promise<PostRoom> {
  const { store = new MemoryStore(), clock = new FakeClock(), answer = () => ok({ status: 200 }) } = options;
  const arrived: Arrived[] = [];
  const gone: Notice[] = [];
  const errors: unknown[] = [];
  let outbox: Outbox | null = null;
  const desk = await openDesk({
    store,
    clock,
    limits: options.limits,
    onCommitted: (committed: Committed) => outbox?.follow(committed),
  });
  const made = new Outbox({
    clock,
    limits: { ...defaults, ...options.limits },
    live: desk.keep.live,
    commit: desk.keep.commit,
    store,
    vault: testVault(options.key),
    send: async (channel, secrets, notice, signal) => {
      const what = { channel: channel.kind, notice, secrets, at: clock.now() };
      arrived.push(what);
      return answer(what, signal);
    },
    onGone: (_org, notice) => gone.push(notice),
    onError: (error) => errors.push(error),
  });
  outbox = made;
  made.start();
  const rows = (): Delivery[] =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `deliveries` are Delivery.
    Array.from(desk.keep.live.entries('main', 'deliveries'), ({ row }) => row as Delivery);
  return {
    clock,
    desk,
    store,
    outbox: made,
    arrived,
    gone,
    errors,
    async channel(id, more = {}) {
      await writing(desk, (draft) => {
        draft.put('channels', id, {
          ...draft.get('channels', id),
          observedAt: null,
          labels: {},
          source: null,
          name: id,
          kind: 'slack',
          isEnabled: true,
          settings: {},
          secrets: [],
          rate: { perMinute: 600, burst: 100 },
          last: null,
          failures: 0,
          ...more,
        });
      });
    },
    async enqueue(...notices) {
      await writing(desk, (draft) => notices.forEach((notice) => void enqueue(draft, notice)));
    },
    row: (key) => rows().find((row) => row.key === key) ?? null,
    rows,
    async close() {
      await made.close();
      await desk.close();
    },
  };
}

async function writing(desk: Desk, work: (draft: Parameters<typeof enqueue>[0]) => void): Promise<void> {
  const written = await desk.keep.commit.write('main', 'test', (draft) => {
    work(draft);
    return ok(null);
  });
  if (!written.ok) throw new Error(written.message);
}

let counter = 0;

/** A notice about a thread, with a key of its own unless one is given. */
export function noticeOf(thread: string, more: Partial<Notice> = {}): Notice {
  counter += 1;
  return {
    key: `${thread}:${counter}`,
    channel: 'c',
    kind: 'alert',
    severity: 'critical',
    state: 'firing',
    title: `${thread} is down`,
    text: '',
    facts: [],
    refs: [`services/${thread}`],
    path: `/alerts/${thread}`,
    thread,
    at: counter,
    ...more,
  };
}
