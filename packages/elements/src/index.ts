/** Statewire as web components. Importing this makes them known to the page. */
import { badge } from './badge.ts';
import { banner } from './banner.ts';
import { connection } from './connection.ts';
import { define } from './element.ts';
import { feed } from './feed.ts';
import { panel } from './panel.ts';
import { progress } from './progress.ts';
import { uptime } from './uptime.ts';

export { configure, type ElementsConfig } from './configure.ts';

// After the module that imports this one has run: what it configures comes before any element of the page connects.
void Promise.resolve().then(() => {
  for (const kind of [badge, uptime, progress, connection, feed, banner, panel]) define(kind);
});

declare global {
  interface HTMLElementTagNameMap {
    'sw-badge': HTMLElement;
    'sw-banner': HTMLElement;
    'sw-connection': HTMLElement;
    'sw-feed': HTMLElement;
    'sw-panel': HTMLElement;
    'sw-progress': HTMLElement;
    'sw-uptime': HTMLElement;
  }
}
