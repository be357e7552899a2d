import { createClient } from '@statewire/client/core';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, test } from 'vitest';
import { StatusPanel, type StatusPanelProps } from './status-panel.tsx';

afterEach(cleanup);

function open(panel: StatusPanelProps['panel']): { env: FakeEnv; server: FakeServer; leave: () => void } {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() });
  for (const [id, status] of [
    ['shop', 'up'],
    ['till', 'up'],
  ] as const) {
    const reason = { code: '', text: '' };
    server.put('services', { id, name: `The ${id}`, status, reason, recent: { bar: 'uud', ms: [] } });
  }
  const client = createClient({ url: 'http://fake.test/panels', env, dial: server.dial });
  const shown = render(
    <StrictMode>
      <StatusPanel url="http://fake.test" token="sw_embed_x" panel={panel} client={client} />
    </StrictMode>,
  );
  return {
    env,
    server,
    leave() {
      shown.unmount();
      client.close();
      expect(env.pending).toEqual({ timers: 0, listeners: 0 });
    },
  };
}

const pass = (env: FakeEnv, ms = 0): Promise<void> => act(() => env.advance(ms));

test('[UI26] a list in React says how all are, what is wrong first, and asks nothing of the view', async () => {
  const { env, server, leave } = open('list');
  expect(screen.getByText('Loading')).toBeTruthy();
  await pass(env);
  expect(screen.getByText('All 2 are well')).toBeTruthy();
  act(() => void server.put('services', { id: 'till', status: 'down', reason: { code: 'refused', text: 'refused' } }));
  await pass(env, 200);
  expect(screen.getByText('1 of 2 needs attention')).toBeTruthy();
  expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual(['The tillDown', 'The shopUp']);
  for (const frame of server.received)
    if (frame.t === 'sub') expect([frame.f, frame.fields, frame.limit]).toEqual([undefined, undefined, undefined]);
  leave();
});

test('[UI26] a badge of many says the worst, and a bar and the connection stand alone', async () => {
  const badge = open('badge');
  await pass(badge.env);
  expect(screen.getByText('All 2 are well')).toBeTruthy();
  badge.leave();
  const uptime = open('uptime');
  await pass(uptime.env);
  expect(screen.getByRole('img').getAttribute('aria-label')).toBe('The shop: last 3 checks: 2 up, 1 down');
  uptime.leave();
  const connection = open('connection');
  await pass(connection.env);
  expect(screen.getAllByText(/Live/u).length).toBeGreaterThan(0);
  connection.leave();
});

test('[UI26] a server renders it without a connection', () => {
  expect(renderToString(<StatusPanel url="http://fake.test" token="sw_embed_x" />)).toContain('Loading');
});
