import type { Status } from '@statewire/model';
import { html, type Markup } from './markup.ts';

/** How a status is said, and its icon: never colour alone. */
export const STATUS_TEXT: Readonly<Record<Status, string>> = {
  up: 'Up',
  degraded: 'Degraded',
  down: 'Down',
  maintenance: 'Maintenance',
  unknown: 'Not known',
  pending: 'No data yet',
  paused: 'Not watched',
};

/** What a letter of a bar says of its day. */
export const LETTER_TEXT: Readonly<Record<string, string>> = {
  u: 'up',
  g: 'degraded for a time',
  d: 'down for a time',
  m: 'maintenance',
  p: 'not watched',
  x: 'no data',
};

export const PHASE_TEXT: Readonly<Record<string, string>> = {
  investigating: 'Investigating',
  identified: 'Identified',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
};

/** A drawing of 16 by 16 beside a word that says the same. */
export function icon(status: Status): Markup {
  return html`<svg class="icon" data-tone="${status}" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[status]}</svg>`;
}

const SHAPES: Readonly<Record<Status, Markup>> = {
  up: html`<circle cx="8" cy="8" r="7" /><path d="M4.8 8.2l2.2 2.2 4.2-4.6" />`,
  degraded: html`<path class="body" d="M8 1.2l7 13.2H1z" /><path d="M8 6v4M8 12v.6" />`,
  down: html`<rect x="1" y="1" width="14" height="14" rx="3" /><path d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" />`,
  maintenance: html`<circle cx="8" cy="8" r="7" /><path d="M8 4.2V8l2.6 1.8" />`,
  unknown: html`<circle cx="8" cy="8" r="7" /><path d="M6 6.2a2 2 0 1 1 2.6 1.9c-.5.2-.6.5-.6 1.1M8 11.4v.6" />`,
  pending: html`<circle cx="8" cy="8" r="7" /><path d="M4.6 8h.1M8 8h.1M11.4 8h.1" />`,
  paused: html`<circle cx="8" cy="8" r="7" /><path d="M6.2 5.4v5.2M9.8 5.4v5.2" />`,
};
