/** Components that watch records and give commands, against a server that answers every frame of the protocol. */
import { createClient, type Client } from '@statewire/client';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { StrictMode, type ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AgentStatusControl,
  ConnectionCounter,
  ConnectionStatus,
  HealthDot,
  JobCard,
  NotificationCenter,
  RelativeTime,
  StatusIndicator,
  SystemMessageBanner,
  SystemMessageManager,
  type ShownMessage,
} from '../components.ts';
import type { JsonObject } from '@statewire/protocol';
import { StatewireProvider } from '../provider.tsx';
import { useServices } from '../named.ts';

let env: FakeEnv;
let server: FakeServer;
let client: Client;

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer({ now: () => env.now() });
  client = createClient({ url: 'http://fake.test', env, dial: server.dial });
});

afterEach(() => {
  cleanup();
  client.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(env.errors).toEqual([]);
});

function show(node: ReactNode): ReturnType<typeof render> {
  return render(
    <StrictMode>
      <StatewireProvider client={client}>{node}</StatewireProvider>
    </StrictMode>,
  );
}

const pass = (ms = 0): Promise<void> => act(() => env.advance(ms));
const put = (name: string, fields: Parameters<FakeServer['put']>[1]): void => act(() => void server.put(name, fields));
const press = (name: RegExp | string): void => {
  fireEvent.click(screen.getByRole('button', { name }));
};

const status = {
  reason: { code: '', text: '' },
  since: 0,
  overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
  override: null,
  latencyMs: null,
};
const run = { reason: { code: '', text: '' }, rate: null, etaMs: null, startedAt: 0, endedAt: null, createdAt: 0 };

describe('time', () => {
  test('[UI4] [T11] times tick by the server’s clock without rendering what is around them', async () => {
    server = new FakeServer({ now: () => env.now() + 3_600_000 });
    client.close();
    client = createClient({ url: 'http://fake.test', env, dial: server.dial });
    const renders: string[] = [];
    const at = env.now() + 3_600_000;
    function Row(): ReactNode {
      renders.push('row');
      useServices();
      return <RelativeTime at={at} />;
    }
    show(<Row />);
    await pass(0);
    const before = renders.length;
    await pass(4_000);
    expect(renders).toHaveLength(before);
    expect(screen.getByText('4 s ago').getAttribute('datetime')).toBe(new Date(at).toISOString());
    await pass(116_000);
    expect(screen.getByText('2 min ago')).toBeDefined();
    // While the words are the same nothing is written, not even the time itself.
    const node = screen.getByText('2 min ago').firstChild;
    let writes = 0;
    const observer = new MutationObserver((records) => (writes += records.length));
    if (node !== null) observer.observe(node, { characterData: true });
    await pass(50_000);
    observer.disconnect();
    expect(writes).toBe(0);
  });

  test('[UI4] a hundred times share one timer, and it stops with the last of them', async () => {
    const view = show(Array.from({ length: 100 }, (_, i) => <RelativeTime key={i} at={i} form="for" />));
    expect(env.pending.timers).toBe(1);
    await pass(3_000);
    view.unmount();
    expect(env.pending.timers).toBe(0);
  });
});

describe('the connection', () => {
  test('[UI10] the pill says Live, Reconnecting with a countdown, data as of when, and reconnects on a press', async () => {
    show(<ConnectionStatus />);
    const pill = (): HTMLElement => screen.getByRole('button', { expanded: false });
    expect(pill().textContent).toBe('Not connected');
    act(() => client.connect());
    expect(pill().textContent).toBe('Connecting');
    await pass();
    expect(pill().textContent).toBe('Live');
    server.isUp = false;
    env.chance = 0.99;
    act(() => server.cut());
    await pass(9_000);
    expect(pill().textContent).toMatch(/^Reconnecting \d s+data as of \d\d:\d\d:\d\d$/);
    // Said once per change: the countdown is not part of what is said.
    expect(screen.getByRole('status').textContent).toBe('Connection: Reconnecting');
    fireEvent.click(pill());
    server.isUp = true;
    press('Reconnect now');
    await pass();
    expect(screen.getByRole('status').textContent).toBe('Connection: Live');
    expect(screen.getByText('Round trip').nextSibling?.textContent).toBe('0 ms (good)');
    fireEvent.keyDown(screen.getByRole('button', { name: 'Check now' }), { key: 'Escape' });
    expect(pill().textContent).toBe('Live');
    expect(document.activeElement).toBe(pill());
    act(() => env.signal('offline'));
    act(() => client.disconnect());
    expect(screen.getByRole('status').textContent).toBe('Connection: Offline');
  });

  test('[UI11] a banner is no news of a blip, comes when it lasts, and goes when it is over', async () => {
    const view = show(<ConnectionStatus variant="banner" graceMs={3_000} />);
    const banner = (): Element | null => view.container.querySelector('.sw-banner');
    act(() => client.connect());
    await pass();
    expect(banner()).toBeNull();
    env.chance = 0.99;
    server.isUp = false;
    act(() => server.cut());
    await pass(1_000);
    expect(banner()).toBeNull();
    await pass(4_000);
    expect(banner()?.textContent).toContain('Reconnecting');
    server.isUp = true;
    press('Reconnect now');
    await pass();
    expect(banner()).toBeNull();
  });
});

describe('records', () => {
  test('a status is there from the first render, says that it is not verified, and that there is none', async () => {
    server.put('services', { ...status, id: 'a', status: 'up' });
    const view = show(
      <>
        <StatusIndicator id="a" />
        <StatusIndicator id="b" fallback="pending" />
      </>,
    );
    expect(screen.getByText('Unknown')).toBeDefined();
    await pass();
    expect(screen.getByText('Up')).toBeDefined();
    expect(screen.getByText('Pending')).toBeDefined();
    put('services', { id: 'a', overlay: { ...status.overlay, flapping: true } });
    expect(screen.getByText('Flapping')).toBeDefined();
    server.isUp = false;
    act(() => server.cut());
    expect(view.container.querySelector('[data-stale]')?.textContent).toContain('Flapping');
  });

  test('a connection’s health and how many there are of a service', async () => {
    server.put('connections', { ...status, id: 'x:s', agent: 'x', service: 's', status: 'up', latencyMs: 84 });
    server.put('connections', { ...status, id: 'y:s', agent: 'y', service: 's', status: 'down' });
    server.put('connections', { ...status, id: 'y:t', agent: 'y', service: 't', status: 'up' });
    show(
      <>
        <HealthDot id="x:s" />
        <ConnectionCounter service="s" />
      </>,
    );
    expect(screen.getByText('– connected')).toBeDefined();
    await pass();
    expect(screen.getByRole('img', { name: 'Up' })).toBeDefined();
    expect(screen.getByText('84 ms')).toBeDefined();
    expect(screen.getByText('1 of 2 connected')).toBeDefined();
  });

  test('[UI20] a running job that moved nothing for a minute says so, without anything having come', async () => {
    const at = env.now();
    server.put('jobs', {
      ...run,
      id: 'j',
      title: 'Scan',
      state: 'running',
      movedAt: at,
      updatedAt: at,
      progress: { done: 3, total: 9, unit: 'files', pct: 33, message: 'reading', stage: '' },
    });
    show(<JobCard id="j" canCancel />);
    expect(screen.getByText('Loading')).toBeDefined();
    await pass();
    expect(screen.getByText('Running')).toBeDefined();
    await pass(62_000);
    expect(screen.getByText('Stalled')).toBeDefined();
    put('jobs', { id: 'j', movedAt: env.now() });
    await pass(1_000);
    expect(screen.getByText('Running')).toBeDefined();
    press('Cancel Scan');
    await pass();
    expect(server.received.at(-1)).toMatchObject({ t: 'mut', c: 'jobs', op: 'call', name: 'cancel', k: 'j' });
  });
});

describe('agents', () => {
  const ada = { ...status, id: 'a', name: 'Ada', status: 'up', desired: 'active', activity: 'reading' };

  test('[UI12] only what its state allows is offered, and it is said why not', async () => {
    server.put('agents', ada);
    show(<AgentStatusControl id="a" />);
    await pass();
    expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual([
      'Pause',
      'Maintenance 1 h',
      'Message',
      'Mute 1 h',
      'Retire',
    ]);
    put('agents', {
      id: 'a',
      desired: 'retired',
      status: 'paused',
      override: { status: 'up', until: env.now() + 60_000, by: 'Grace', reason: 'test' },
    });
    expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual([
      'Resume',
      'Maintenance 1 h',
      'Message',
      'Mute 1 h',
      'Clear override',
      'Retire',
    ]);
    const retire = screen.getByRole('button', { name: 'Retire' });
    expect(retire.getAttribute('aria-disabled')).toBe('true');
    expect(retire.title).toBe('It is retired already');
    const sent = server.received.length;
    fireEvent.click(retire);
    await pass();
    expect(server.received.slice(sent).filter(({ t }) => t === 'mut')).toEqual([]);
  });

  test('[UI12] what is chosen shows at once and is taken back with the server’s reason', async () => {
    server.put('agents', ada);
    server.onCommand = () => ({ ok: false, code: 'forbidden', msg: 'needs the admin scope' });
    show(<AgentStatusControl id="a" />);
    await pass();
    press('Pause');
    expect(screen.getByRole('button', { name: 'Resume' })).toBeDefined();
    await pass();
    expect(screen.getByRole('button', { name: 'Pause' })).toBeDefined();
    expect(screen.getByRole('alert').textContent).toBe('needs the admin scope');
  });

  test('[UI12] how far the newest order is, is said in words, and a pause that is not kept too', async () => {
    const asked = { instruction: 'a:1', kind: 'pause', state: 'sent', answer: '', at: 1 };
    server.put('agents', { ...ada, desired: 'paused', fresh: 'live', phase: 'idle', asked });
    show(<AgentStatusControl id="a" />);
    await pass();
    const said = (): string | null => screen.getByRole('status').textContent;
    expect(said()).toBe('Asked to pause, not received yet');
    put('agents', { id: 'a', asked: { ...asked, state: 'received' } });
    expect(said()).toBe('Asked to pause, received');
    put('agents', { id: 'a', phase: 'running' });
    expect(said()).toBe('Asked to pause, still running');
    put('agents', { id: 'a', asked: { ...asked, state: 'done', answer: 'after mail 12' } });
    expect(said()).toBe('Said that it paused, still running');
    put('agents', { id: 'a', phase: 'idle' });
    expect(said()).toBe('Did pause: after mail 12');
    put('agents', { id: 'a', asked: { ...asked, state: 'refused', answer: 'busy' } });
    expect(said()).toBe('Refused to pause: busy');
    put('agents', { id: 'a', asked: { ...asked, state: 'expired' } });
    expect(said()).toBe('Did not answer when asked to pause');
  });

  test('[UI12] a message is written and sent, a maintenance lasts an hour, and resume ends it', async () => {
    server.put('agents', ada);
    show(<AgentStatusControl id="a" />);
    await pass();
    press('Message');
    press('Send');
    const field = screen.getByRole('textbox', { name: 'Message to Ada' });
    const last = (): unknown => server.received.findLast(({ t }) => t === 'mut');
    expect(last()).toBeUndefined();
    fireEvent.change(field, { target: { value: ' hello ' } });
    press('Send');
    await pass();
    expect(last()).toMatchObject({ name: 'message', f: { text: 'hello' } });
    expect(screen.queryByRole('textbox')).toBeNull();
    press('Maintenance 1 h');
    await pass();
    expect(last()).toMatchObject({ name: 'maintenance', f: { until: env.now() + 3_600_000 } });
    put('agents', { id: 'a', status: 'maintenance', overlay: { ...ada.overlay, maintenance: 'mnt_1' } });
    press('Resume');
    await pass();
    expect(last()).toMatchObject({ op: 'call', name: 'resume' });
  });

  test('[UI12] an end for good asks first; leaving the button takes the question back', async () => {
    server.put('agents', ada);
    show(<AgentStatusControl id="a" />);
    await pass();
    press('Retire');
    fireEvent.blur(screen.getByRole('button', { name: 'Retire for good?' }));
    press('Retire');
    press('Retire for good?');
    await pass();
    expect(server.received.at(-1)).toMatchObject({ t: 'mut', c: 'agents', op: 'patch', f: { desired: 'retired' } });
    put('agents', { id: 'a', desired: 'active' });
    press('Mute 1 h');
    await pass();
    expect(server.received.findLast(({ t }) => t === 'mut')).toMatchObject({
      name: 'mute',
      f: { until: env.now() + 3_600_000 },
    });
  });
});

describe('messages', () => {
  const message = (id: string, fields: Partial<ShownMessage> = {}): ShownMessage => ({
    id,
    title: `Message ${id}`,
    body: '',
    priority: 'info',
    state: 'active',
    startsAt: null,
    endsAt: null,
    ...fields,
  });

  const record = (id: string, fields: JsonObject = {}): Parameters<FakeServer['put']>[1] => ({
    id,
    title: `Message ${id}`,
    body: '',
    priority: 'info',
    state: 'active',
    startsAt: null,
    endsAt: null,
    dismissible: true,
    link: null,
    ...fields,
  });

  test('[UI13] messages come and go at their times by the server’s clock, the most pressing first', async () => {
    const now = env.now();
    const view = show(
      <SystemMessageBanner
        messages={[
          message('a'),
          message('b', { priority: 'critical' }),
          message('c', { state: undefined, startsAt: now + 10_000, endsAt: now + 20_000 }),
        ]}
      />,
    );
    const titles = (): readonly (string | null)[] =>
      [...view.container.querySelectorAll('.sw-message-title')].map(({ textContent }) => textContent);
    expect(titles()).toEqual(['Critical: Message b', 'Information: Message a']);
    await pass(11_000);
    expect(titles()).toContain('Information: Message c');
    await pass(10_000);
    expect(titles()).not.toContain('Information: Message c');
    press('Put away: Message b');
    expect(titles()).toEqual(['Information: Message a']);
  });

  test('[UI31] a live banner says once what was shown, followed and put away; what was put away stays so', async () => {
    const ops: JsonObject = { audience: 'operators', link: { text: 'Help', url: '/help' } };
    server.put('messages', record('a', ops));
    server.put('messages', record('b', { priority: 'critical', body: 'See [why](https://a.example).' }));
    server.put('messages', record('c', { audience: 'customers' }));
    server.put('messages', record('d', { state: 'scheduled' }));
    server.put('messages', record('e'));
    server.put('dismissals', { id: 'r', message: 'e', device: '', dismissedAt: 5 });
    const view = show(<SystemMessageBanner max={1} />);
    await pass();
    const said = (): readonly unknown[] =>
      server.received.flatMap((frame) => (frame.t === 'mut' ? [`${frame.k}:${frame.name ?? ''}`] : []));
    expect(said()).toEqual(['b:seen']);
    expect(screen.getByRole('alert').textContent).toBe('Critical: Message b');
    expect(screen.getByRole('status').textContent).toBe('');
    press('One more message');
    await pass();
    expect(screen.getByRole('status').textContent).toBe('Information: Message a');
    expect(said()).toEqual(['b:seen', 'a:seen']);
    fireEvent.click(screen.getByRole('link', { name: 'Help' }));
    fireEvent.click(screen.getByRole('link', { name: 'why' }));
    await pass();
    expect(said().slice(2)).toEqual(['a:click', 'b:click']);
    press('Put away: Message b');
    await pass();
    expect(said().slice(4)).toEqual(['b:dismiss']);
    expect(view.container.querySelectorAll('.sw-message')).toHaveLength(1);
    // Put away on another device of this person.
    put('dismissals', { id: 's', message: 'a', device: '', dismissedAt: 7 });
    await pass();
    expect(view.container.querySelectorAll('.sw-message')).toHaveLength(0);
  });

  test('[UI31] what may not be put away after all comes back, and the focus goes on to the next, then where it came from', async () => {
    server.put('messages', record('a', { priority: 'critical' }));
    server.put('messages', record('b'));
    show(
      <>
        <button type="button">Before</button>
        <SystemMessageBanner />
      </>,
    );
    await pass();
    server.onCommand = (mut) =>
      mut.name === 'dismiss' && mut.k === 'a'
        ? { ok: false, code: 'precondition', msg: 'it is to be seen until it ends' }
        : null;
    const before = screen.getByRole('button', { name: 'Before' });
    const close = (id: string): HTMLElement => screen.getByRole('button', { name: `Put away: Message ${id}` });
    act(() => before.focus());
    act(() => close('a').focus());
    press('Put away: Message a');
    expect(document.activeElement).toBe(close('b'));
    await pass();
    // It is there again, and the focus stays where the person is.
    expect(close('a')).toBeDefined();
    expect(document.activeElement).toBe(close('b'));
    press('Put away: Message b');
    expect(document.activeElement).toBe(close('a'));
    await pass();
    server.onCommand = () => null;
    press('Put away: Message a');
    expect(document.activeElement).toBe(before);
  });

  test('[UI13] [UI14] live messages are counted, ended and deleted; a flaw is said by its field and nothing is sent', async () => {
    const now = env.now();
    server.put('messages', record('a'));
    server.put('messages', record('b', { endsAt: now + 5_000 }));
    show(<SystemMessageManager />);
    await pass();
    const counts = (): readonly (string | null)[] =>
      screen.getAllByRole('definition').map(({ textContent }) => textContent);
    expect(counts()).toEqual(['2', '0', '0', '0']);
    await pass(6_000);
    expect(counts()).toEqual(['1', '0', '1', '0']);
    press('Say it');
    expect(screen.getByText('Say in a few words what it is about')).toBeDefined();
    expect(server.received.filter(({ t }) => t === 'mut')).toEqual([]);
    fireEvent.change(screen.getByRole('textbox', { name: 'Title' }), { target: { value: 'Tonight' } });
    expect(screen.queryByText('Say in a few words what it is about')).toBeNull();
    press('Say it');
    await pass();
    expect(screen.getByText('Tonight')).toBeDefined();
    expect(server.received.findLast(({ t }) => t === 'mut')).toMatchObject({
      op: 'create',
      f: { title: 'Tonight', priority: 'info', endsAt: null, publish: true },
    });
    press('End now: Message a');
    await pass();
    expect(server.received.findLast(({ t }) => t === 'mut')).toMatchObject({ op: 'call', name: 'withdraw', k: 'a' });
    press('Delete: Message b');
    await pass();
    expect(screen.queryByText('Message b')).toBeNull();
  });
});

describe('notifications', () => {
  const item = (id: string, fields: object = {}): Parameters<FakeServer['put']>[1] => ({
    id,
    title: `News ${id}`,
    text: '',
    priority: 'normal',
    state: 'unread',
    snoozedUntil: null,
    count: 1,
    lastAt: 0,
    ...fields,
  });

  test('[UI15] the bell counts what the server counts; marks show at once; the whole inbox is one command', async () => {
    server.put('inboxes', { id: 'ana', unread: 2, urgent: 1 });
    server.put('notifications', item('a', { lastAt: 1 }));
    server.put('notifications', item('b', { lastAt: 2, priority: 'urgent', count: 3 }));
    show(<NotificationCenter />);
    await pass();
    press('Notifications: 2 unread, 1 urgent');
    await pass();
    expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      expect.stringContaining('News b (unread)Urgent'),
      expect.stringContaining('News a (unread)'),
    ]);
    press('Mark read: News a');
    expect(screen.getByRole('button', { name: 'Mark unread: News a' })).toBeDefined();
    await pass();
    press('Snooze: News a');
    await pass();
    expect(server.received.findLast(({ t }) => t === 'mut')).toMatchObject({
      name: 'snooze',
      k: 'a',
      f: { until: env.now() + 3_600_000 },
    });
    press('Archive: News b');
    expect(screen.queryByText(/News b/)).toBeNull();
    await pass();
    press('Mark all read');
    await pass();
    expect(server.received.findLast(({ t }) => t === 'mut')).toMatchObject({
      c: 'inboxes',
      k: 'ana',
      name: 'read-all',
    });
  });

  test('[UI15] a mark that is refused is taken back, and it is said why', async () => {
    server.put('inboxes', { id: 'ana', unread: 1, urgent: 0 });
    server.put('notifications', item('a'));
    show(<NotificationCenter variant="panel" />);
    await pass();
    server.onCommand = () => ({ ok: false, code: 'forbidden', msg: 'not yours' });
    press('Archive: News a');
    expect(screen.queryByText(/News a/)).toBeNull();
    await pass();
    expect(screen.getByText(/News a/)).toBeDefined();
    expect(screen.getByRole('alert').textContent).toBe('not yours');
  });
});
