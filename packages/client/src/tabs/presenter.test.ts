import { expect, test } from 'vitest';
import { FakeBrowser, FakeEnv } from '../testing/index.ts';
import { createPresenter } from './presenter.ts';

test('[TB19] the tab that was focused last is the presenter, one at a time, and another when it ends', async () => {
  const env = new FakeEnv();
  const browser = new FakeBrowser(env);
  const pages = [browser.open(false), browser.open(), browser.open()];
  const presenters = pages.map((page) => createPresenter({ env: page }));
  const here = async (): Promise<readonly boolean[]> => {
    await env.settle();
    return presenters.map(({ isHere }) => isHere);
  };
  expect(await here()).toEqual([false, false, true]);
  pages[1]?.signal('focus');
  expect(await here()).toEqual([false, true, false]);
  pages[1]?.crash();
  expect((await here()).filter(Boolean)).toHaveLength(2);
  pages[0]?.signal('visible');
  expect([(await here())[0], presenters[2]?.isHere]).toEqual([true, false]);
  pages[0]?.cache();
  expect([(await here())[0], presenters[2]?.isHere]).toEqual([false, true]);
  pages[0]?.restore();
  expect([(await here())[0], presenters[2]?.isHere]).toEqual([true, false]);
  for (const presenter of presenters) presenter.close();
  expect(browser.pending.locks).toBe(0);
});

test('[TB19] without locks every visible tab is it', () => {
  const env = new FakeEnv();
  const presenter = createPresenter({ env });
  expect(presenter.isHere).toBe(true);
  env.signal('hidden');
  expect(presenter.isHere).toBe(false);
  presenter.close();
});
