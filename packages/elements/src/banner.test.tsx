/** The banner of messages in a page without React: what is for the reader, until it ends or is put away. */
import { createClient, type CoreClient } from '@statewire/client/core';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configure } from './index.ts';

let env: FakeEnv;
let server: FakeServer;
let client: CoreClient;

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer({ now: () => env.now() });
  client = createClient({ url: 'http://fake.test', env, dial: server.dial });
  configure({ client });
});

afterEach(() => {
  document.body.replaceChildren();
  client.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(env.errors).toEqual([]);
});

function say(id: string, fields: Readonly<Record<string, string | number | boolean | object | null>> = {}): void {
  server.put('messages', {
    id,
    title: `Message ${id}`,
    body: '',
    priority: 'info',
    link: null,
    dismissible: true,
    state: 'active',
    startsAt: null,
    endsAt: null,
    activeAt: env.now(),
    ...fields,
  });
}

async function stand(markup = '<sw-banner></sw-banner>'): Promise<ShadowRoot> {
  document.body.innerHTML = markup;
  await env.advance(0);
  const root = document.body.firstElementChild?.shadowRoot ?? null;
  if (root === null) throw new Error('the element is not known');
  return root;
}

const shown = (root: ShadowRoot): readonly (string | null)[] =>
  [...root.querySelectorAll('.message')].map((node) => node.getAttribute('data-id'));
const calls = (): readonly string[] =>
  server.received.flatMap((frame) => (frame.t === 'mut' && frame.op === 'call' ? [`${frame.name} ${frame.k}`] : []));
const press = (root: ShadowRoot, id: string): void =>
  root.querySelector<HTMLElement>(`[data-id="${id}"] .close`)?.click();

test('[UI31] the most pressing stands first, the rest is one press away, and each that is shown is said once', async () => {
  for (const id of ['a', 'b', 'c', 'd']) say(id, { priority: id === 'd' ? 'critical' : 'info' });
  const root = await stand('<sw-banner max="2"></sw-banner>');
  expect(shown(root)).toEqual(['d', 'a']);
  expect(root.querySelector('[role="alert"]')?.textContent).toBe('Critical: Message d');
  expect(root.querySelector('[role="status"]')?.textContent).toBe('Information: Message a');
  await env.advance(5_000);
  expect(calls()).toEqual(['seen d', 'seen a']);
  const first = root.querySelector('.message');
  root.querySelector<HTMLElement>('.more')?.click();
  await env.advance(0);
  expect(shown(root)).toEqual(['d', 'a', 'b', 'c']);
  expect(root.querySelector('.message')).toBe(first);
  expect(calls()).toEqual(['seen d', 'seen a', 'seen b', 'seen c']);
});

test('[UI13] [UI31] it comes when the server says so and goes at its end, before anything has come', async () => {
  const root = await stand();
  expect(shown(root)).toEqual([]);
  say('a', { endsAt: env.now() + 10_000 });
  await env.advance(200);
  expect(shown(root)).toEqual(['a']);
  server.isMute = true;
  await env.advance(10_000);
  expect(shown(root)).toEqual([]);
});

test('[UI31] what is put away goes at once and stays away; what cannot be put away has no button, and comes back if refused', async () => {
  say('a');
  say('b');
  say('c', { dismissible: false });
  server.put('dismissals', { id: 'r1', message: 'b', device: '', dismissedAt: 1 });
  server.put('dismissals', { id: 'r2', message: 'c', device: 'another-browser', dismissedAt: 1 });
  const root = await stand();
  // What its reader put away before is not seen for a moment.
  expect(shown(root)).toEqual(['a', 'c']);
  expect(root.querySelector('[data-id="c"] .close')).toBeNull();
  press(root, 'a');
  expect(shown(root)).toEqual(['c']);
  await env.advance(2_000);
  expect(calls()).toEqual(['seen a', 'seen c', 'dismiss a']);
  say('e');
  await env.advance(200);
  server.onCommand = ({ name }) =>
    name === 'dismiss' ? { ok: false, code: 'precondition', msg: 'this message cannot be put away' } : null;
  press(root, 'e');
  expect(shown(root)).toEqual(['c']);
  await env.advance(200);
  expect(shown(root)).toEqual(['e', 'c']);
});

test('[UI31] a writer sees what is for the organization, or with `client` what that customer sees', async () => {
  say('all', { audience: 'everyone', customers: null });
  say('own', { audience: 'operators', customers: null });
  say('acme', { audience: 'customers', customers: ['acme'] });
  say('every', { audience: 'customers', customers: null });
  const root = await stand('<sw-banner max="9"></sw-banner><sw-banner max="9" client="acme"></sw-banner>');
  const [, other] = [...document.body.children].map(({ shadowRoot }) => shadowRoot);
  expect(shown(root)).toEqual(['all', 'own']);
  expect(other === null || other === undefined ? [] : shown(other)).toEqual(['all', 'acme', 'every']);
});

test('[UI30] a link leads where it may and is said once followed; what is no address stays out', async () => {
  say('a', { body: 'See [help](/help)', link: { text: 'More', url: 'https://example.org/' } });
  say('b', { link: { text: 'No', url: 'javascript:alert(1)' } });
  const root = await stand();
  const links = [...root.querySelectorAll('a')];
  expect(links.map((link) => link.getAttribute('href'))).toEqual(['/help', 'https://example.org/']);
  expect(links[1]?.getAttribute('rel')).toBe('noopener noreferrer nofollow');
  links[1]?.addEventListener('click', (event) => event.preventDefault());
  links[1]?.click();
  await env.advance(0);
  expect(calls()).toContain('click a');
});

test('[UI24] where messages may not be read, the element says so', async () => {
  server.onSubscribe = ({ c }) => (c === 'messages' ? { code: 'forbidden', msg: 'not yours' } : null);
  const root = await stand();
  expect(root.querySelector('[role="alert"]')?.textContent).toBe('Messages may not be read here');
});
