import type { Status } from '@statewire/model';
import type { Sheet } from '../../publish/board.ts';
import { html, type Markup } from './markup.ts';
import { mainOf, type Parts } from './parts.ts';
import { Times } from './times.ts';
import { STATUS_TEXT } from './words.ts';

/** Where the shared files lie, and what a page offers beside what it shows. */
export interface Surroundings {
  readonly css: string;
  readonly js: string;
  /** When the page is drawn: what it says is true then. */
  readonly now: number;
}

/** A whole page. Complete without its script, which only keeps it current. */
export function documentOf(sheet: Sheet, parts: Parts, { css, js, now }: Surroundings): Markup {
  const { page, state, version } = sheet;
  const base = `/status/${state.slug}`;
  const times = new Times(state.zone);
  return html`<!doctype html>
    <html lang="en" data-theme="${page.theme.mode}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${titleOf(sheet)}</title>
        ${page.access === 'public' ? null : html`<meta name="robots" content="noindex" />`}
        <link rel="icon" href="${faviconOf(state.status)}" />
        <link rel="stylesheet" href="${css}" />
        ${hasTheme(sheet) ? html`<link rel="stylesheet" href="${base}/theme.css?v=${version}" />` : null}
        <link rel="alternate" type="application/rss+xml" title="${state.title}" href="${base}/feed.xml" />
        <link rel="alternate" type="application/feed+json" title="${state.title}" href="${base}/feed.json" />
        <noscript><meta http-equiv="refresh" content="60" /></noscript>
        <script defer src="${js}"></script>
      </head>
      <body
        data-live="${base}/live"
        data-json="${base}.json"
        data-page="${base}"
        data-version="${version}"
        data-zone="${state.zone}"
        data-refresh="${page.refreshMs}"
      >
        <a class="skip" href="#main">To the status</a>
        <header class="top">
          <h1>
            ${page.theme.logo === '' ? null : html`<img src="${base}/logo?v=${version}" alt="" height="28" />`}${state.title}
          </h1>
          <p class="asof">
            <span id="pill" hidden></span> As of
            <time id="asof" datetime="${new Date(now).toISOString()}">${times.clock(now)}</time>
          </p>
        </header>
        <p id="stale" class="stale" role="alert" hidden></p>
        <main id="main">${mainOf(state, parts)}</main>
        ${subscribeForms(sheet)}
        <footer class="foot">
          <ul>
            ${state.links.map(({ name, url }) => html`<li><a href="${url}" rel="noopener">${name}</a></li>`)}
            <li><a href="${base}/feed.xml">RSS</a></li>
            <li><a href="${base}/feed.json">JSON feed</a></li>
          </ul>
          <p>Times are in ${state.zone}. Each bar is one day of UTC. Kept current by Statewire.</p>
        </footer>
      </body>
    </html>`;
}

/** The part of a page that other pages show in a frame. */
export function embedOf(sheet: Sheet, parts: Parts, { css, js, now }: Surroundings): Markup {
  const { page, state, version } = sheet;
  const base = `/status/${state.slug}`;
  const times = new Times(state.zone);
  return html`<!doctype html>
    <html lang="en" data-theme="${page.theme.mode}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${titleOf(sheet)}</title>
        <link rel="stylesheet" href="${css}" />
        ${hasTheme(sheet) ? html`<link rel="stylesheet" href="${base}/theme.css?v=${version}" />` : null}
        <noscript><meta http-equiv="refresh" content="60" /></noscript>
        <script defer src="${js}"></script>
      </head>
      <body
        class="embed"
        data-live="${base}/live"
        data-json="${base}.json"
        data-page="/embed/${state.slug}"
        data-version="${version}"
        data-zone="${state.zone}"
        data-refresh="${page.refreshMs}"
      >
        <main id="main">
          <p class="name"><a href="${base}" target="_blank" rel="noopener">${state.title}</a></p>
          <div id="p-banner" class="part">${parts.byId.get('p-banner') ?? null}</div>
        </main>
        <p class="asof">
          <span id="pill" hidden></span> As of
          <time id="asof" datetime="${new Date(now).toISOString()}">${times.clock(now)}</time>
        </p>
        <p id="stale" class="stale" role="alert" hidden></p>
      </body>
    </html>`;
}

/** A page that says one thing: there is none, a password is wanted, a sign-up was confirmed. */
export function noticeOf(notice: {
  readonly title: string;
  readonly text: string;
  readonly css: string;
  readonly body?: Markup | undefined;
}): Markup {
  const { title, text, css, body = null } = notice;
  return html`<!doctype html>
    <html lang="en" data-theme="system">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="stylesheet" href="${css}" />
      </head>
      <body class="notice">
        <main id="main">
          <h1>${title}</h1>
          <p>${text}</p>
          ${body}
        </main>
      </body>
    </html>`;
}

/** What the tab says: the word first, so that a row of tabs shows it. */
export function titleOf({ state }: Sheet): string {
  return `${STATUS_TEXT[state.status]}: ${state.title}`;
}

/** A dot in the colour of the word, as an address of its own kind: it loads nothing. */
export function faviconOf(status: Status): string {
  const colour = COLOURS[status];
  const shape = status === 'down' ? "<rect x='2' y='2' width='12' height='12' rx='2'" : "<circle cx='8' cy='8' r='6'";
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${shape} fill='${colour}'/></svg>`)}`;
}

const COLOURS: Readonly<Record<Status, string>> = {
  up: '#1f8a55',
  degraded: '#b7791f',
  down: '#d3382f',
  maintenance: '#2b77c0',
  unknown: '#7a7d85',
  pending: '#7a7d85',
  paused: '#7a7d85',
};

export function hasTheme({ page }: Sheet): boolean {
  return page.theme.accent !== '' || page.theme.css !== '';
}

function subscribeForms({ page, state }: Sheet): Markup | null {
  const kinds = [
    ...(page.channel === null
      ? []
      : [{ kind: 'email', label: 'E-mail address', type: 'email', hint: 'ada@example.org' }]),
    ...(page.webhookChannel === null
      ? []
      : [{ kind: 'webhook', label: 'Webhook address', type: 'url', hint: 'https://hooks.example.org/status' }]),
  ];
  if (kinds.length === 0) return null;
  const named = state.groups.filter(({ name }) => name !== '');
  return html`<section class="subscribe" aria-labelledby="subscribe">
    <h2 id="subscribe">Be told</h2>
    <p class="hint">
      News of incidents and maintenance. You confirm before anything else is sent, and leave with one click.
    </p>
    ${kinds.map(
      ({ kind, label, type, hint }) =>
        html`<form method="post" action="/status/${state.slug}/subscribe">
          <input type="hidden" name="kind" value="${kind}" />
          <label for="to-${kind}">${label}</label>
          <div class="line">
            <input
              id="to-${kind}"
              name="target"
              type="${type}"
              required
              maxlength="2000"
              placeholder="${hint}"
              autocomplete="${kind === 'email' ? 'email' : 'off'}"
            /><button>Subscribe</button>
          </div>
          <p class="away" aria-hidden="true">
            <label>Leave this empty <input name="website" tabindex="-1" autocomplete="off" /></label>
          </p>
          ${
            named.length < 2
              ? null
              : html`<fieldset>
                  <legend>Only about</legend>
                  ${named.map(({ name }) => html`<label class="pick"><input type="checkbox" name="group" value="${name}" /> ${name}</label>`)}
                </fieldset>`
          }
        </form>`,
    )}
  </section>`;
}
