import type { PublicIncident, PublicService } from '../../derive/public-state.ts';
import { html, type Markup } from './markup.ts';
import { datesUntil, dayName, duration, Times } from './times.ts';
import { LETTER_TEXT } from './words.ts';

/** What a bar is drawn from. */
export interface BarParts {
  readonly service: PublicService;
  readonly today: string;
  readonly incidents: readonly PublicIncident[];
}

/**
 * The days of a service as a drawing that needs no script: full height up, less where it was worse, a line where nothing
 * is known. Each day says its date, its word and its incidents; the whole says how many days were what.
 */
export function bar({ service, today, incidents }: BarParts): Markup {
  const letters = Array.from(service.bar);
  const dates = datesUntil(today, letters.length);
  const touching = incidents
    .filter(({ services }) => services.includes(service.key))
    .map((incident) => ({
      from: UTC.date(incident.startedAt),
      to: incident.resolvedAt === null ? today : UTC.date(incident.resolvedAt),
      says: saysOf(incident),
    }));
  const cells = letters.map((letter, i) => {
    const date = dates[i] ?? today;
    const height = HEIGHTS[letter] ?? 2;
    const said = touching.filter(({ from, to }) => from <= date && date <= to).map(({ says }) => says);
    const title = [`${dayName(date)}: ${LETTER_TEXT[letter] ?? 'no data'}`, ...said].join('\n');
    return html`<rect class="${letter}" x="${i * STEP}" y="${HEIGHT - height}" width="3" height="${height}"
      ><title>${title}</title></rect
    >`;
  });
  return html`<svg
    class="bar"
    viewBox="0 0 ${letters.length * STEP - 1} ${HEIGHT}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${summary(service)}"
    tabindex="0"
  >
    ${cells}
  </svg>`;
}

/** `Search, last 90 days: 88 up, 2 down for a time`. */
function summary({ name, bar: letters }: PublicService): string {
  const counts = Object.entries(LETTER_TEXT)
    .map(([letter, word]) => [letters.split(letter).length - 1, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  return `${name}, last ${letters.length} days: ${counts.join(', ')}`;
}

function saysOf({ title, startedAt, resolvedAt }: PublicIncident): string {
  return `${title} (${resolvedAt === null ? 'still open' : duration(resolvedAt - startedAt)})`;
}

// Days are those of the history, whatever zone the page's times are in.
const UTC = new Times('UTC');
const STEP = 4;
const HEIGHT = 28;
const HEIGHTS: Readonly<Record<string, number>> = { u: 28, g: 20, d: 13, m: 20, p: 2, x: 2 };
