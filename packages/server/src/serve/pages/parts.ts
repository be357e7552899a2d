/**
 * The pieces of a page that live updates replace one by one. Each has an id of its own; what stands around them
 * changes only when services come, go or move.
 */
import type {
  PublicGroup,
  PublicIncident,
  PublicMaintenance,
  PublicService,
  PublicState,
} from '../../derive/public-state.ts';
import { bar } from './bar.ts';
import { html, type Markup } from './markup.ts';
import { duration, Times } from './times.ts';
import { icon, PHASE_TEXT, STATUS_TEXT } from './words.ts';

/** Everything that a live update may replace. */
export interface Parts {
  /** Says which parts there are. When it differs the whole is replaced. */
  readonly frame: string;
  readonly byId: ReadonlyMap<string, Markup>;
}

export function partsOf(state: PublicState): Parts {
  const times = new Times(state.zone);
  const names = new Map(state.groups.flatMap(({ services }) => services.map(({ key, name }) => [key, name] as const)));
  const byId = new Map<string, Markup>([
    ['p-banner', banner(state)],
    ['p-now', now(state, times, names)],
  ]);
  for (const service of state.groups.flatMap((group) => group.services))
    byId.set(`s-${service.key}`, row(state, service));
  byId.set('p-past', past(state, times, names));
  return { frame: JSON.stringify([state.title, state.text, state.days, state.groups.map(frameOf)]), byId };
}

/** All parts in their places: the content of `<main>`. */
export function mainOf(state: PublicState, { byId }: Parts): Markup {
  const part = (id: string): Markup => html`<div id="${id}" class="part">${byId.get(id) ?? null}</div>`;
  return html`${part('p-banner')} ${state.text === '' ? null : html`<p class="intro">${state.text}</p>`}
  ${part('p-now')}
  ${state.groups.map(
    (group, i) =>
      html`<section class="group" aria-labelledby="g-${i}">
        <h2 id="g-${i}" ${group.name === '' ? html` class="away"` : null}>
          ${group.name === '' ? 'Services' : group.name}
        </h2>
        <ul class="rows">
          ${group.services.map(({ key }) => html`<li id="s-${key}" class="part row">${byId.get(`s-${key}`) ?? null}</li>`)}
        </ul>
      </section>`,
  )}
  ${part('p-past')}`;
}

function frameOf({ name, services }: PublicGroup): readonly unknown[] {
  return [name, services.map(({ key }) => key)];
}

function banner({ status, sentence }: PublicState): Markup {
  return html`<div class="banner" data-tone="${status}">
    ${icon(status)}
    <p class="sentence" role="status">${sentence}</p>
  </div>`;
}

function row(state: PublicState, service: PublicService): Markup {
  const { name, status, uptime } = service;
  const window = state.days > 30 ? 'd90' : state.days > 7 ? 'd30' : 'd7';
  const shown = uptime?.[window] ?? null;
  return html`<div class="head">
      <h3>${name}</h3>
      ${
        uptime === null
          ? null
          : html`<span class="number"
              >${shown === null ? 'no uptime yet' : `${percent(shown)} in ${window.slice(1)} d`}</span
            >`
      }<span class="status" data-tone="${status}">${icon(status)}${STATUS_TEXT[status]}</span>
    </div>
    ${bar({ service, today: state.today, incidents: state.incidents })}
    <div class="ends" aria-hidden="true"><span>${state.days} days ago</span><span>Today</span></div>`;
}

/** Cut, never rounded up: 99.999 is not 100. */
export function percent(value: number): string {
  return `${Number.isInteger(value) ? value : value.toFixed(2)} %`;
}

type Names = ReadonlyMap<string, string>;

/** What people come for: what is open, what is under way, what is planned. */
function now({ incidents, maintenances }: PublicState, times: Times, names: Names): Markup {
  const open = incidents.filter(({ resolvedAt }) => resolvedAt === null);
  const active = maintenances.filter(({ state }) => state === 'active');
  const planned = maintenances.filter(({ state }) => state === 'scheduled').toReversed();
  return html`${section('Open incidents', open, (each) => incidentCard(each, times, names, 'h3'))}${section(
    'Maintenance under way',
    active,
    (each) => maintenanceCard(each, times, names, 'h3'),
  )}${section('Planned maintenance', planned, (each) => maintenanceCard(each, times, names, 'h3'))}`;
}

function section<T>(title: string, of: readonly T[], draw: (each: T) => Markup): Markup | null {
  return of.length === 0
    ? null
    : html`<section class="news">
        <h2>${title}</h2>
        ${of.map(draw)}
      </section>`;
}

/** What is over, by month. Only the newest month is open: a long history must not hide that there is little in it. */
function past({ incidents, maintenances }: PublicState, times: Times, names: Names): Markup {
  const over = [
    ...incidents
      .filter(({ resolvedAt }) => resolvedAt !== null)
      .map((each) => ({ at: each.startedAt, card: incidentCard(each, times, names, 'h4') })),
    ...maintenances
      .filter(({ state }) => state === 'completed')
      .map((each) => ({ at: each.from, card: maintenanceCard(each, times, names, 'h4') })),
  ].toSorted((a, b) => b.at - a.at);
  const months = Array.from(Map.groupBy(over, ({ at }) => times.month(at)));
  return html`<section class="past" aria-labelledby="past">
    <h2 id="past">History</h2>
    ${months.length === 0 ? html`<p class="none">Nothing was published in the last 12 months.</p>` : null}${months.map(
      ([month, of], i) =>
        html`<details${i === 0 ? html` open` : null}><summary><h3>${month}</h3><span class="count">${of.length}</span></summary>${of.map(({ card }) => card)}</details>`,
    )}
  </section>`;
}

function incidentCard(incident: PublicIncident, times: Times, names: Names, level: 'h3' | 'h4'): Markup {
  const { id, title, phase, impact, startedAt, resolvedAt, services, updates, postmortem } = incident;
  const span =
    resolvedAt === null
      ? html`since ${time(startedAt, times)}`
      : html`${time(startedAt, times)}, lasted ${duration(resolvedAt - startedAt)}`;
  return html`<article class="card" id="i-${id}" data-impact="${impact}" data-phase="${phase}">
    ${heading(level, title)}
    <p class="meta"><span class="phase">${PHASE_TEXT[phase] ?? phase}</span> ${span}${touched(services, names)}</p>
    ${
      updates.length === 0
        ? null
        : html`<ol class="updates">
            ${updates.map(
              (update) =>
                html`<li>
                  <p class="meta"><b>${PHASE_TEXT[update.phase] ?? update.phase}</b> ${time(update.at, times)}</p>
                  <p class="text">${update.text}</p>
                </li>`,
            )}
          </ol>`
    }
    ${
      postmortem === null
        ? null
        : html`<details class="postmortem">
            <summary>What we learned</summary>
            <p class="text">${postmortem.text}</p>
          </details>`
    }
  </article>`;
}

function maintenanceCard(maintenance: PublicMaintenance, times: Times, names: Names, level: 'h3' | 'h4'): Markup {
  const { id, title, text, from, to, services } = maintenance;
  return html`<article class="card" id="m-${id}" data-phase="maintenance">
    ${heading(level, title)}
    <p class="meta">
      <span class="phase">Maintenance</span> ${time(from, times)} to ${time(to, times)}${touched(services, names)}
    </p>
    ${text === '' ? null : html`<p class="text">${text}</p>`}
  </article>`;
}

function heading(level: 'h3' | 'h4', title: string): Markup {
  return level === 'h3' ? html`<h3>${title}</h3>` : html`<h4>${title}</h4>`;
}

function touched(services: readonly string[], names: Names): Markup | null {
  if (services.length === 0) return null;
  return html` <span class="touched">${services.map((key) => names.get(key) ?? key).join(', ')}</span>`;
}

function time(at: number, times: Times): Markup {
  return html`<time datetime="${new Date(at).toISOString()}">${times.moment(at)}</time>`;
}
