/** Toasts: order, room, and how long each is to be seen. */
import { createClient, type Client } from '@statewire/client';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { StrictMode } from 'react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createToasts, Toaster, type ToasterProps, type Toasts } from '../components.ts';
import { StatewireProvider } from '../provider.tsx';
import { TOASTS_MAX } from './toasts.ts';

let env: FakeEnv;
let client: Client;
let toasts: Toasts;

beforeEach(() => {
  env = new FakeEnv();
  client = createClient({ url: 'http://fake.test', env, dial: new FakeServer().dial });
  toasts = createToasts();
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  client.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
});

function show(props: Partial<ToasterProps> = {}): ReturnType<typeof render> {
  return render(
    <StrictMode>
      <StatewireProvider client={client}>
        <Toaster toasts={toasts} {...props} />
      </StatewireProvider>
    </StrictMode>,
  );
}

const pass = (ms: number): Promise<void> => act(() => env.advance(ms));
const say = (input: Parameters<Toasts['show']>[0]): void => act(() => void toasts.show(input));
const titles = (): readonly (string | null)[] =>
  [...document.querySelectorAll('.sw-toast-title')].map(({ textContent }) => textContent);

describe('what is kept', () => {
  test('[UI16] the most pressing stand first, then the newest; what finds no room is a number', () => {
    show({ max: 2 });
    say({ title: 'low', priority: 'low' });
    say({ title: 'first' });
    say({ title: 'urgent', priority: 'urgent' });
    say({ title: 'second' });
    expect(titles()).toEqual(['urgent', 'second']);
    expect(screen.getByText('and 2 more')).toBeDefined();
  });

  test('[UI16] however much is said, so many are kept, and the pressing ones are not pushed out', () => {
    toasts.show({ title: 'urgent', priority: 'urgent' });
    for (let i = 0; i < 3 * TOASTS_MAX; i += 1) toasts.show({ title: `news ${i}` });
    expect(toasts.get()).toHaveLength(TOASTS_MAX);
    expect(toasts.get()[0]?.title).toBe('urgent');
    expect(toasts.get().at(-1)?.title).toBe(`news ${3 * TOASTS_MAX - TOASTS_MAX + 1}`);
  });

  test('[UI16] said again under its key it takes its own place and is counted; it can be taken back by its key', () => {
    show();
    say({ title: 'Billing is down', key: 'billing' });
    say({ title: 'Billing is still down', key: 'billing' });
    expect(titles()).toEqual(['Billing is still down × 2']);
    act(() => toasts.dismiss('billing'));
    expect(titles()).toEqual([]);
  });
});

describe('how long', () => {
  test('[UI17] each goes after its time, the pressing later', async () => {
    show();
    say({ title: 'news' });
    say({ title: 'urgent', priority: 'urgent' });
    say({ title: 'stays', forMs: null });
    await pass(6_600);
    expect(titles()).toEqual(['urgent', 'stays']);
    await pass(14_000);
    expect(titles()).toEqual(['stays']);
    act(() => toasts.clear());
  });

  test('[UI17] none goes while the pointer or the focus is on one, or the tab is not looked at', async () => {
    const view = show();
    say({ title: 'news', action: { label: 'Open', run: () => undefined } });
    const region = view.container.querySelector('.sw-toaster');
    if (region === null) throw new Error('there is no region');
    await pass(3_000);
    fireEvent.pointerEnter(region);
    await pass(60_000);
    fireEvent.pointerLeave(region);
    fireEvent.focus(screen.getByRole('button', { name: 'Open' }));
    await pass(60_000);
    fireEvent.blur(screen.getByRole('button', { name: 'Open' }));
    const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    await pass(60_000);
    expect(titles()).toEqual(['news']);
    hidden.mockReturnValue('visible');
    await pass(2_000);
    expect(titles()).toEqual(['news']);
    await pass(2_000);
    expect(titles()).toEqual([]);
  });

  test('[UI17] what is said again starts anew', async () => {
    show();
    say({ title: 'news', key: 'k' });
    await pass(5_000);
    say({ title: 'news', key: 'k' });
    await pass(5_000);
    expect(titles()).toEqual(['news × 2']);
    await pass(2_000);
    expect(titles()).toEqual([]);
  });
});

test('[UI18] news is said politely, what presses at once, and neither with its buttons', () => {
  show();
  say({ title: 'Saved', text: 'As draft' });
  say({ title: 'Billing is down', priority: 'urgent', action: { label: 'Open', run: () => undefined } });
  expect(document.querySelector('[aria-live="polite"]')?.textContent).toBe('Saved. As draft');
  expect(document.querySelector('[aria-live="assertive"]')?.textContent).toBe('Billing is down');
});

test('what can be done is done once, and the toast goes', async () => {
  const run = vi.fn();
  show();
  say({ title: 'Billing is down', action: { label: 'Open', run } });
  await userEvent.setup({ delay: null }).click(screen.getByRole('button', { name: 'Open' }));
  expect(run).toHaveBeenCalledOnce();
  expect(titles()).toEqual([]);
});

test('[UI19] a tab that is not looked at shows nothing until it is', () => {
  const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  show();
  say({ title: 'news' });
  expect(titles()).toEqual([]);
  hidden.mockReturnValue('visible');
  act(() => void document.dispatchEvent(new Event('visibilitychange')));
  expect(titles()).toEqual(['news']);
});
