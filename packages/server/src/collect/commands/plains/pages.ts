import type { Page, PagePatch, PageTheme } from '@statewire/model';
import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import { domainName, ownerOf, slugName } from '../names.ts';
import type { Plain } from '../plain.ts';
import { forgetSubscriber } from './subscribers.ts';

/** The private document with the hashes and the cookie key of a page. */
export const PAGE_SECRETS = 'page-secrets';

const THEME: PageTheme = { accent: '', mode: 'system', logo: '', css: '' };

/** Public pages: places and domains are unique in the instance; a page takes its secrets and subscribers with it. */
export const pages: Plain = {
  prefix: 'page',
  born: (deps, draft, { id, fields }) => {
    if (count(draft.all('pages')) >= deps.limits.pagesPerOrgMax) {
      return refuse(
        'too_many_records',
        `found ${deps.limits.pagesPerOrgMax} pages, which is the limit; delete one that is not needed`,
      );
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by the create schema of pages.
    const wish = fields as unknown as PagePatch & { readonly slug: string; readonly title: string };
    const taken = takeNames(deps, draft, id, wish);
    if (!taken.ok) return taken;
    return ok({
      slug: wish.slug,
      title: wish.title,
      text: wish.text ?? '',
      isPublished: wish.isPublished ?? false,
      access: wish.access ?? 'public',
      groups: wish.groups ?? [],
      theme: { ...THEME, ...given(wish.theme) },
      days: wish.days ?? 90,
      zone: wish.zone ?? 'UTC',
      links: wish.links ?? [],
      domain: wish.domain ?? '',
      refreshMs: wish.refreshMs ?? 30_000,
      channel: wish.channel ?? null,
      webhookChannel: wish.webhookChannel ?? null,
      frames: wish.frames ?? [],
      secrets: [],
      securedAt: null,
      labels: wish.labels ?? {},
    });
  },
  patched: (deps, draft, { id, fields, row }) => {
    // oxlint-disable typescript/no-unsafe-type-assertion -- true: rows of `pages` are Page; the patch schema read the fields.
    const page = row as Page;
    const wish = fields as PagePatch;
    // oxlint-enable typescript/no-unsafe-type-assertion
    const taken = takeNames(deps, draft, id, wish);
    if (!taken.ok) return taken;
    return ok({ ...page, ...fields, theme: { ...page.theme, ...given(wish.theme) } });
  },
  removed: (_, draft, { id }) => {
    draft.document(PAGE_SECRETS, id, null);
    for (const row of Array.from(draft.all('subscribers'))) if (row['page'] === id) forgetSubscriber(draft, row.id);
    return ok(null);
  },
};

function takeNames(
  { names }: WriteDeps,
  draft: Draft,
  id: string,
  wish: Pick<PagePatch, 'domain' | 'slug'>,
): Result<null> {
  const owner = ownerOf(draft.org, id);
  const wanted = [
    ...(wish.slug === undefined ? [] : [{ field: 'slug', word: wish.slug, name: slugName(wish.slug) }]),
    ...(wish.domain === undefined || wish.domain === ''
      ? []
      : [{ field: 'domain', word: wish.domain, name: domainName(wish.domain) }]),
  ];
  for (const { field, word, name } of wanted) {
    if (names?.claim(name, owner, draft.now) === false)
      return refuse('exists', `${field}: another page of this instance has ${word}; take another`);
  }
  return ok(null);
}

function given(fields: PagePatch['theme']): JsonObject {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [name, value ?? '']));
}

function count(rows: Iterable<unknown>): number {
  let sum = 0;
  for (const _ of rows) sum += 1;
  return sum;
}
