import { readFileSync } from 'node:fs';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';

const manifest: { readonly exports: Readonly<Record<string, { readonly source?: string }>> } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const entries = Object.values(manifest.exports).flatMap(({ source = [] }) => source);

test('the entries were found', () => {
  expect(entries).toEqual([
    './src/index.ts',
    './src/core.ts',
    './src/components.ts',
    './src/query.ts',
    './src/testing/index.ts',
  ]);
});

test.each(entries)('[RH17] %s says where the client begins: itself, or each of its files with hooks', (entry) => {
  const text = sourceOf(entry);
  if (isClient(text)) return;
  const files = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => path);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const source = sourceOf(new URL(file, new URL(entry, new URL('../', import.meta.url))).href);
    expect([file, isClient(source)]).toEqual([file, /\buse[A-Z]\w*\(/.test(source)]);
  }
});

test.each(entries)('[RH17] %s is imported where there is no browser', async (entry) => {
  expect(typeof document).toBe('undefined');
  const module: Record<string, unknown> = await import(new URL(`../${entry}`, import.meta.url).href);
  expect(Object.keys(module).length).toBeGreaterThan(0);
});

test('[RH5] all hooks are rendered where there is no browser', async () => {
  const { StatewireProvider, ...hooks } = await import('./index.ts');
  const { createClient } = await import('@statewire/client');
  const client = createClient({ url: 'https://status.example.org' });
  function Page(): string {
    return [
      hooks.useServices().status,
      hooks.useRecord('agents', 'a').status,
      hooks.useConnection().state,
      hooks.useNow(),
      hooks.useServerMetrics('a').status,
      hooks.useConnectionStatus('a').status,
      hooks.useAllStreamsProgress().status,
      hooks.useSignalAlerts().status,
      hooks.useSystemMessages().status,
      hooks.useCustomers().status,
      hooks.useDashboardMetrics().status,
      hooks.useRefresh().isPending,
    ].join(' ');
  }
  expect(renderToString(createElement(StatewireProvider, { client }, createElement(Page)))).toBe(
    'loading loading idle 0 loading loading loading loading loading loading loading false',
  );
});

function sourceOf(path: string): string {
  return readFileSync(path.startsWith('file:') ? new URL(path) : new URL(`../${path}`, import.meta.url), 'utf8');
}

function isClient(text: string): boolean {
  return text.startsWith("'use client';\n");
}
