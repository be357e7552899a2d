import { afterEach, expect, test, vi } from 'vitest';

// Other files share these modules: the ones of this browser are not left to them.
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('a zone that this browser does not know is told as the browser\u2019s own, everywhere', async () => {
  vi.resetModules();
  const kept = new Map([['statewire.zone', 'Mars/Olympus']]);
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: () => undefined,
    removeItem: () => undefined,
  });
  const { ownZone } = await import('./dated.ts');
  expect(ownZone()).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  // What reads a wall clock in it does not throw.
  expect(() => new Intl.DateTimeFormat('en', { timeZone: ownZone() })).not.toThrow();
});
