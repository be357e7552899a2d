import { lookDefaults } from '@statewire/model';
import { afterEach, expect, test, vi } from 'vitest';

/** Each test is a browser that was opened anew, with what it had kept. */
async function browser(kept: Readonly<Record<string, string>> = {}): Promise<{
  readonly look: typeof import('./look.ts');
  readonly kept: ReadonlyMap<string, string>;
}> {
  vi.resetModules();
  const store = new Map(Object.entries(kept).map(([key, value]) => [`statewire.${key}`, value]));
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => store.set(key, value),
    removeItem: (key: string) => store.delete(key),
  });
  return { look: await import('./look.ts'), kept: store };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('what the browser kept is shown first, and what is no choice is not', async () => {
  const { look } = await browser({ theme: 'dark', hours: '13', zone: 'Asia/Tokyo' });
  expect(look.lookNow()).toEqual({ ...lookDefaults, theme: 'dark', zone: 'Asia/Tokyo' });
});

test('a choice shows at once, is kept, and reaches the server when there is a way', async () => {
  const { look, kept } = await browser();
  look.chooseLook({ theme: 'dark' });
  look.chooseLook({ density: 'dense' });
  expect(look.lookNow()).toMatchObject({ theme: 'dark', density: 'dense' });
  expect(kept.get('statewire.theme')).toBe('dark');
  const told: unknown[] = [];
  look.lookThrough((part) => told.push(part));
  look.chooseLook({ theme: 'system' });
  expect(told).toEqual([{ theme: 'dark', density: 'dense' }, { theme: 'system' }]);
  expect(kept.has('statewire.theme')).toBe(false);
});

test('what the server says is shown and kept; whoever said nothing keeps what was chosen here without a name', async () => {
  const { look, kept } = await browser({ theme: 'dark' });
  look.adoptLook(null, 'ana');
  expect(look.lookNow().theme).toBe('dark');
  look.adoptLook({ ...lookDefaults, hours: '12' }, 'ana');
  expect(look.lookNow()).toEqual({ ...lookDefaults, hours: '12' });
  expect(kept.get('statewire.hours')).toBe('12');
});

test('what somebody else left in this browser is not shown to the next', async () => {
  const { look } = await browser({ theme: 'dark', zone: 'Asia/Tokyo', 'look-of': 'ana' });
  look.adoptLook(null, 'ben');
  expect(look.lookNow()).toEqual(lookDefaults);
});

test('whoever looks is told of changes, and of nothing else', async () => {
  const { look } = await browser();
  const run = vi.fn();
  const end = look.onLook(run);
  look.chooseLook({ rail: 'slim' });
  look.chooseLook({ rail: 'slim' });
  look.adoptLook({ ...lookDefaults, rail: 'slim' }, 'ana');
  expect(run).toHaveBeenCalledTimes(1);
  end();
  look.chooseLook({ rail: 'open' });
  expect(run).toHaveBeenCalledTimes(1);
});
