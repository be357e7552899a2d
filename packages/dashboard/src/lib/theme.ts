import { useSyncExternalStore } from 'react';
import { env } from './env.ts';

export type Theme = 'light' | 'dark' | 'system';

/** The chosen theme. public/theme.js applies it before the first paint; key and values are shared with it. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, chosen), choose];
}

/** Whether dark is shown right now, whatever was chosen. For canvases, which cannot use tokens by name. */
export function useDark(): boolean {
  return useSyncExternalStore(subscribe, () => document.documentElement.dataset['theme'] === 'dark');
}

/** Chooses and shows a theme. */
export function choose(theme: Theme): void {
  env.write('theme', theme === 'system' ? null : theme);
  apply();
}

/** Follows the system while the choice is `system`. Call once. */
export function followSystem(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  apply();
}

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function chosen(): Theme {
  const stored = env.read('theme');
  return stored === 'dark' || stored === 'light' ? stored : 'system';
}

function apply(): void {
  const theme = chosen();
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', dark ? '#0e0f13' : '#fafafa');
  for (const listener of listeners) listener();
}
