import type { PublicIncident, PublicMaintenance } from '../../derive/public-state.ts';
import type { Sheet } from '../../publish/board.ts';
import { escaped } from './markup.ts';
import { Times } from './times.ts';
import { PHASE_TEXT } from './words.ts';

/** RSS 2.0 of a page's news, newest first: one item per public update and per maintenance. */
export function rssFeed(sheet: Sheet, home: string): string {
  const { title, text } = sheet.state;
  const items = newsOf(sheet).map(
    (item) =>
      `<item><title>${escaped(item.title)}</title><link>${escaped(`${home}#${item.anchor}`)}</link><guid isPermaLink="false">${escaped(item.id)}</guid><pubDate>${new Date(item.at).toUTCString()}</pubDate><description>${escaped(item.text)}</description></item>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>${escaped(title)}</title><link>${escaped(home)}</link><atom:link href="${escaped(`${home}/feed.xml`)}" rel="self" type="application/rss+xml"/><description>${escaped(text === '' ? `Status of ${title}` : text)}</description><language>en</language>
${items.join('\n')}
</channel></rss>
`;
}

/** The same as JSON Feed 1.1. */
export function jsonFeed(sheet: Sheet, home: string): string {
  return JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title: sheet.state.title,
    home_page_url: home,
    feed_url: `${home}/feed.json`,
    items: newsOf(sheet).map(({ id, anchor, title, text, at }) => ({
      id,
      url: `${home}#${anchor}`,
      title,
      content_text: text,
      date_published: new Date(at).toISOString(),
    })),
  });
}

/** How many items a feed has at most. */
const ITEMS_MAX = 100;

interface Item {
  readonly id: string;
  readonly anchor: string;
  readonly title: string;
  readonly text: string;
  readonly at: number;
}

function newsOf({ state }: Sheet): readonly Item[] {
  const times = new Times(state.zone);
  return [...state.incidents.flatMap(incidentItems), ...state.maintenances.map((each) => maintenanceItem(each, times))]
    .toSorted((a, b) => b.at - a.at)
    .slice(0, ITEMS_MAX);
}

function incidentItems({ id, title, phase, startedAt, updates }: PublicIncident): readonly Item[] {
  if (updates.length === 0)
    return [{ id, anchor: `i-${id}`, title: `${PHASE_TEXT[phase] ?? phase}: ${title}`, text: title, at: startedAt }];
  return updates.map((update) => ({
    id: update.id,
    anchor: `i-${id}`,
    title: `${PHASE_TEXT[update.phase] ?? update.phase}: ${title}`,
    text: update.text,
    at: update.at,
  }));
}

function maintenanceItem({ id, title, text, state, from, to }: PublicMaintenance, times: Times): Item {
  const span = `${times.moment(from)} to ${times.moment(to)}`;
  return {
    // What it says changes with its state, and readers show an item once.
    id: `${id}-${state}`,
    anchor: `m-${id}`,
    title: `Maintenance ${MAINTENANCE_WORD[state] ?? state}: ${title}`,
    text: text === '' ? span : `${span}\n${text}`,
    at: from,
  };
}

const MAINTENANCE_WORD: Readonly<Record<string, string>> = {
  scheduled: 'planned',
  active: 'under way',
  completed: 'over',
};
