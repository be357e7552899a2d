import type { Look } from '@statewire/model';
import { useSyncExternalStore } from 'react';
import { chooseLook, lookNow, onLook, useLook } from './look.ts';

export type Theme = Look['theme'];

/** The chosen theme. public/theme.js applies it before the first paint; key and values are shared with it. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  return [useLook().theme, choose];
}

/** Whether dark is shown right now, whatever was chosen. For canvases, which cannot use tokens by name. */
export function useDark(): boolean {
  return useSyncExternalStore(subscribe, () => document.documentElement.dataset['theme'] === 'dark');
}

/** Chooses and shows a theme. */
export function choose(theme: Theme): void {
  chooseLook({ theme });
}

/** Follows the choice, and the system while the choice is `system`. Call once. */
export function followSystem(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  onLook(apply);
  apply();
}

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function apply(): void {
  const { theme } = lookNow();
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', dark ? '#0e0f13' : '#fafafa');
  for (const listener of listeners) listener();
}
