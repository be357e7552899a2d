import type { EmbedCollection, EmbedPanel, EmbedView, SelectedCollection, Selector } from '@statewire/model';

/** What each panel is called, whom it is of, and which fields it draws. */
export const PANELS: Readonly<
  Record<EmbedPanel, { readonly title: string; readonly of: SelectedCollection; readonly fields: readonly string[] }>
> = {
  list: { title: 'List', of: 'services', fields: ['name', 'reason', 'recent', 'status'] },
  badge: { title: 'Badge', of: 'services', fields: ['name', 'reason', 'status'] },
  uptime: { title: 'Uptime bar', of: 'services', fields: ['name', 'recent', 'status'] },
  progress: { title: 'Progress', of: 'jobs', fields: ['progress', 'state', 'title'] },
  connection: { title: 'Connection', of: 'services', fields: ['status'] },
};

/** The panels in the order in which they are offered. */
export const PANEL_NAMES: readonly EmbedPanel[] = ['list', 'badge', 'uptime', 'progress', 'connection'];

/** A view as a selector of the forms. Incidents and maintenances are chosen by filters of the API only, and kept as they are. */
export function selectorIn({ collection, filter }: Pick<EmbedView, 'collection' | 'filter'>): Selector {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true for the words: a form never shows the collections that selectors lack.
  return { collection: collection as SelectedCollection, where: filter };
}

/** Can a form choose records of it? */
export function isSelected(collection: EmbedCollection): collection is SelectedCollection {
  return collection !== 'incidents' && collection !== 'maintenances';
}

/** The tag that shows an embed. */
export function tagOf({
  origin,
  panel,
  collection,
  token,
}: {
  readonly origin: string;
  readonly panel: EmbedPanel;
  readonly collection: EmbedCollection;
  readonly token: string;
}): string {
  const of = collection === 'services' ? '' : ` data-collection="${collection}"`;
  return `<script async src="${origin}/embed.js" data-panel="${panel}"${of} data-token="${token}"></script>`;
}

/** Origins as people write them, one a line; null: every page. */
export function originsOf(text: string): readonly string[] | null {
  const lines = text
    .split(/[\s,]+/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  // What was copied from an address bar has a path; its origin is meant.
  return lines.length === 0
    ? null
    : [...new Set(lines.map((line) => (URL.canParse(line) ? new URL(line).origin : line)))];
}
