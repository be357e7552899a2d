/** What comes into the inbox while a page is open: toasts, tones and the opt-in to pushes, against a server that answers every frame. */
import { createClient, type Client } from '@statewire/client';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { StrictMode, type ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createToasts,
  Toaster,
  useNotificationToasts,
  usePush,
  usePushOpened,
  type NotificationToastsOptions,
  type PushServer,
  type Toasts,
} from '../components.ts';
import { StatewireProvider } from '../provider.tsx';

let env: FakeEnv;
let server: FakeServer;
let client: Client;
let toasts: Toasts;

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer({ now: () => env.now() });
  client = createClient({ url: 'http://fake.test', env, dial: server.dial });
  toasts = createToasts();
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  localStorage.clear();
  client.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(env.errors).toEqual([]);
});

function show(node: ReactNode): void {
  render(
    <StrictMode>
      <StatewireProvider client={client}>{node}</StatewireProvider>
    </StrictMode>,
  );
}

const pass = (ms = 0): Promise<void> => act(() => env.advance(ms));
const titles = (): readonly string[] => toasts.get().map(({ title }) => title);

function come(id: string, fields: object = {}): void {
  act(
    () =>
      void server.put('notifications', {
        id,
        title: `News ${id}`,
        text: '',
        path: `/alerts/${id}`,
        priority: 'normal',
        state: 'unread',
        snoozedUntil: null,
        sound: false,
        lastAt: env.now(),
        ...fields,
      }),
  );
}

function Feed(options: Partial<NotificationToastsOptions>): ReactNode {
  useNotificationToasts({ toasts, sound: false, ...options });
  return <Toaster toasts={toasts} tabs="all" />;
}

describe('toasts', () => {
  test('[UI40] what comes is a toast that opens it, what was there is none, and reading it elsewhere takes it away', async () => {
    const opened: string[] = [];
    come('old', { lastAt: env.now() - 60_000 });
    show(<Feed onOpen={({ path }) => opened.push(path)} />);
    await pass(1_000);
    expect(titles()).toEqual([]);
    come('a');
    come('b', { priority: 'urgent' });
    come('c', { priority: 'low' });
    await pass(1_000);
    expect(titles()).toEqual(['News b', 'News a']);
    fireEvent.click(screen.getAllByRole('button', { name: 'Open' })[0] ?? document.body);
    expect(opened).toEqual(['/alerts/b']);
    come('a', { state: 'read' });
    await pass(1_000);
    expect(titles()).toEqual([]);
  });

  test('[UI40] more than an app wants to say is a number that opens the inbox', async () => {
    const onMore = vi.fn<() => void>();
    show(<Feed toastsMax={1} windowMs={60_000} onMore={onMore} />);
    await pass(1_000);
    for (const id of ['a', 'b', 'c']) come(id);
    await pass(1_000);
    expect(titles()).toContain('2 more notifications came');
    expect(titles()).toHaveLength(2);
    fireEvent.click(screen.getByRole('button', { name: 'Show' }));
    expect(onMore).toHaveBeenCalledOnce();
  });

  test('[UI40] in a tab that nobody looks at nothing is shown, and it is heard where the server says so', async () => {
    const sound = vi.fn<(kind: 'plain' | 'urgent') => void>();
    show(<Feed sound={sound} />);
    await pass(1_000);
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    come('a', { sound: true, priority: 'urgent' });
    await pass(20_000);
    expect(titles()).toEqual([]);
    expect(sound.mock.calls).toEqual([['urgent']]);
  });
});

describe('tones', () => {
  /** Audio as a browser gives it, and what was played on it. */
  function audio(
    state: 'running' | 'suspended',
    resume: () => Promise<void> = () => Promise.resolve(),
  ): { notes: number } {
    const played = { notes: 0 };
    const gain = { setValueAtTime: () => undefined, linearRampToValueAtTime: () => undefined };
    class Context {
      readonly state = state;
      readonly currentTime = 0;
      readonly destination = {};
      readonly resume = resume;
      createGain = () => ({ gain, connect: () => undefined });
      createOscillator = () => ({
        frequency: { value: 0 },
        connect: () => undefined,
        start: () => (played.notes += 1),
        stop: () => undefined,
      });
    }
    vi.stubGlobal('AudioContext', Context);
    return played;
  }
  const gesture = (hasBeenActive: boolean): void =>
    void Object.defineProperty(navigator, 'userActivation', { configurable: true, value: { hasBeenActive } });

  const heard = async (): Promise<void> => {
    vi.resetModules();
    const { playTone } = await import('./tone.ts');
    playTone('urgent', client);
    await pass(2_000);
  };

  test('[UI41] played where sound is allowed', async () => {
    gesture(true);
    const played = audio('running');
    await heard();
    expect(played.notes).toBe(4);
  });

  test('[UI41] before a person touched the page no sound is tried at all', async () => {
    gesture(false);
    const tried = vi.fn<() => void>();
    vi.stubGlobal('AudioContext', tried);
    await heard();
    expect(tried).not.toHaveBeenCalled();
  });

  test.each([
    ['stays suspended', () => new Promise<void>(() => undefined)],
    ['is refused', () => Promise.reject(new DOMException('not allowed', 'NotAllowedError'))],
  ])('[UI41] sound that %s is silence, without an error', async (_what, resume) => {
    gesture(true);
    const played = audio('suspended', resume);
    await heard();
    expect(played.notes).toBe(0);
  });

  test('[UI41] a browser without sound, or that makes no more of it, is silent', async () => {
    gesture(true);
    vi.stubGlobal('AudioContext', undefined);
    await heard();
    vi.stubGlobal('AudioContext', function tooMany() {
      throw new DOMException('too many', 'NotSupportedError');
    });
    await heard();
    // Nothing was thrown or rejected: vitest fails the run on either.
  });
});

describe('pushes', () => {
  const KEY = 'AQID';

  /** What a browser and a server have between them. */
  function world(permission: NotificationPermission = 'default'): {
    server: PushServer;
    asked: string[];
    readonly press: (path: unknown) => void;
  } {
    const asked: string[] = [];
    let subscription: object | null = null;
    const pushManager = {
      getSubscription: () => Promise.resolve(subscription),
      subscribe: () => {
        asked.push('subscribe');
        subscription = {
          options: { applicationServerKey: Uint8Array.from([1, 2, 3]).buffer },
          toJSON: () => ({ endpoint: 'https://push.example.org/1', keys: {} }),
          unsubscribe: () => {
            subscription = null;
            return Promise.resolve(true);
          },
        };
        return Promise.resolve(subscription);
      },
    };
    const registration = { pushManager };
    const serviceWorker = Object.assign(new EventTarget(), {
      register: (worker: string) => Promise.resolve(asked.push(worker) > 0 ? registration : registration),
      getRegistration: () => Promise.resolve(registration),
      ready: Promise.resolve(registration),
    });
    Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value: serviceWorker });
    vi.stubGlobal('PushManager', () => undefined);
    vi.stubGlobal('Notification', {
      permission,
      requestPermission: () => Promise.resolve(permission === 'default' ? 'granted' : permission),
    });
    return {
      asked,
      press: (path) => void serviceWorker.dispatchEvent(new MessageEvent('message', { data: { open: path } })),
      server: {
        key: () => Promise.resolve(KEY),
        add: (_subscription, name) => {
          asked.push(`add ${name}`);
          // The record comes before the answer: the browser does not know its own id then.
          const device = { id: 'dev_1', name, host: 'push.example.org', at: 1 };
          server.put('preferences', { id: 'prf', push: [device] });
          return Promise.resolve('dev_1');
        },
        remove: (id) => {
          asked.push(`remove ${id}`);
          server.put('preferences', { id: 'prf', push: [] });
          return Promise.resolve();
        },
      },
    };
  }

  function Opt({ doors, worker }: { doors: PushServer; worker?: string | null }): ReactNode {
    const push = usePush({ server: doors, worker });
    return (
      <>
        <output>{push.state.at}</output>
        <p role="alert">{push.error?.message}</p>
        <p>{push.devices.length} devices</p>
        <button onClick={() => void push.subscribe()}>on</button>
        <button onClick={() => void push.unsubscribe()}>off</button>
      </>
    );
  }
  const stands = async (at: string): Promise<void> => {
    for (let turns = 0; turns < 20 && screen.getByRole('status').textContent !== at; turns += 1) await pass(100);
    expect(screen.getByRole('status').textContent).toBe(at);
  };
  const press = (name: string): void => void fireEvent.click(screen.getByRole('button', { name }));

  test('[UI42] default until the person presses; then on, and default again when they take it back', async () => {
    const { server: doors, asked } = world();
    show(<Opt doors={doors} worker="/sw.js" />);
    await stands('default');
    expect(asked).toEqual([]);
    press('on');
    await stands('on');
    expect(asked).toEqual(['/sw.js', 'subscribe', expect.stringMatching(/^add /u)]);
    expect(screen.getByText('1 devices')).toBeDefined();
    press('off');
    await stands('default');
    expect(asked.at(-1)).toBe('remove dev_1');
  });

  test('[UI42] the app’s own service worker is used as it is', async () => {
    const { server: doors, asked } = world();
    show(<Opt doors={doors} worker={null} />);
    await stands('default');
    press('on');
    await stands('on');
    expect(asked[0]).toBe('subscribe');
  });

  test('[UI42] unsupported, denied and not offered by the server are told apart, and a refusal says why', async () => {
    const { server: doors } = world('denied');
    show(<Opt doors={doors} />);
    await stands('denied');
    cleanup();
    show(<Opt doors={{ ...doors, key: () => Promise.resolve(null) }} />);
    await stands('unconfigured');
    cleanup();
    show(<Opt doors={{ ...doors, key: () => Promise.reject(new Error('no such host')) }} />);
    await stands('failed');
    cleanup();
    const { server: willing } = world();
    show(<Opt doors={{ ...willing, add: () => Promise.reject(new Error('ten browsers are enough')) }} />);
    await stands('default');
    press('on');
    for (let turns = 0; turns < 20 && screen.getByRole('alert').textContent === ''; turns += 1) await pass(100);
    expect(screen.getByRole('alert').textContent).toBe('ten browsers are enough');
    cleanup();
    vi.unstubAllGlobals();
    Reflect.deleteProperty(navigator, 'serviceWorker');
    show(<Opt doors={doors} />);
    await stands('unsupported');
  });

  test('[UI42] a pressed notice opens a place of this site, and nothing else', () => {
    const { press: notice } = world();
    const opened: string[] = [];
    const onOpen = (path: string): void => void opened.push(path);
    function Opens(): ReactNode {
      usePushOpened(onOpen);
      return null;
    }
    show(<Opens />);
    for (const path of [
      '/alerts/a',
      '//elsewhere.example.org/',
      '/\\elsewhere.example.org',
      'https://x.example.org',
      7,
      null,
    ])
      notice(path);
    expect(opened).toEqual(['/alerts/a']);
  });
});
