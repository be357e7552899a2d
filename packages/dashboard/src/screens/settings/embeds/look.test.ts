import { embedCreateSchema } from '@statewire/model';
import { expect, test } from 'vitest';
import { originsOf, PANEL_NAMES, PANELS, tagOf } from './look.ts';

test('origins are taken as people paste them, and none means every page', () => {
  expect(originsOf(' \n')).toBeNull();
  expect(originsOf('https://www.acme.example/shop?x=1\nhttps://www.acme.example, http://localhost:3000/')).toEqual([
    'https://www.acme.example',
    'http://localhost:3000',
  ]);
  expect(originsOf('acme')).toEqual(['acme']);
});

test('each panel makes an embed that the schema takes', () => {
  for (const panel of PANEL_NAMES) {
    const { of, fields } = PANELS[panel];
    const body = {
      name: 'x',
      panel,
      views: [{ collection: of, filter: null, fields }],
      origins: originsOf('https://a.b/c'),
    };
    expect(embedCreateSchema.safeParse(body).success, panel).toBe(true);
  }
});

test('the tag says only what differs from the usual', () => {
  const tag = { origin: 'https://s.example', token: 'sw_embed_x' } as const;
  expect(tagOf({ ...tag, panel: 'list', collection: 'services' })).toBe(
    '<script async src="https://s.example/embed.js" data-panel="list" data-token="sw_embed_x"></script>',
  );
  expect(tagOf({ ...tag, panel: 'progress', collection: 'jobs' })).toContain(' data-collection="jobs" ');
});
