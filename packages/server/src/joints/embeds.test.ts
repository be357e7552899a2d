import { expect, test } from 'vitest';
import type { Committed } from '../keep/commit-types.ts';
import { embedDigest, mintEmbedToken } from '../lib/embed-token.ts';
import { openDesk } from '../testing/desk.ts';
import { ok } from '@statewire/protocol';
import { Embeds } from './embeds.ts';

const MINUTE_MS = 60_000;

test('[HO15] the last use of a token is written within a minute, once a minute at most, and asks nobody again who they are', async () => {
  const token = mintEmbedToken();
  const asked: string[] = [];
  const followers: ((committed: Committed) => void)[] = [];
  const desk = await openDesk({ onCommitted: (committed) => followers.forEach((follow) => follow(committed)) });
  const { clock, keep } = desk;
  const embeds = new Embeds({
    clock,
    live: keep.live,
    commit: () => keep.commit,
    onError: (error) => expect.fail(String(error)),
    onChanged: (id) => void asked.push(id),
  });
  followers.push((committed) => embeds.follow(committed));
  await keep.commit.write('main', 'test', (draft) => {
    draft.put('embeds', 'www', {
      name: 'On www',
      panel: 'list',
      views: [{ collection: 'services', filter: null, fields: ['status'] }],
      origins: null,
      expiresAt: null,
      isEnabled: true,
      digest: embedDigest(token),
      tokens: 1,
      by: 'ana',
      lastUsedAt: null,
    });
    return ok(null);
  });
  asked.length = 0;
  const use = (): boolean => embeds.verify(token, { origin: null, isOwn: false }).ok;
  const writes = (): number => desk.committed.filter(({ changes }) => changes[0]?.actor === 'system').length;
  const began = clock.now();
  expect(use()).toBe(true);
  expect(embeds.verify('sw_embed_wrong', { origin: null, isOwn: false }).ok).toBe(false);
  for (let i = 0; i < 20; i += 1) use();
  await clock.run(MINUTE_MS);
  expect(desk.row('embeds', 'www')).toMatchObject({ lastUsedAt: began });
  expect(writes()).toBe(1);
  for (let second = 0; second < 600; second += 1) {
    use();
    await clock.run(1_000);
  }
  expect(writes()).toBeLessThanOrEqual(11);
  expect(writes()).toBeGreaterThan(4);
  expect(asked).toEqual([]);
  use();
  await embeds.flush();
  expect(desk.row('embeds', 'www')?.['lastUsedAt']).toBeGreaterThan(clock.now() - 2 * MINUTE_MS);
  await desk.close();
});
