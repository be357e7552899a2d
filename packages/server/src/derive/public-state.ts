/**
 * What the public sees of an organization through one page: a whitelist, built field by field from records. Whatever a
 * record holds beside these fields cannot get out, because nothing here copies a record. Ids do not get out either:
 * services go by a word made of their public name, the rest by a digest.
 */
import type { Page, Status } from '@statewire/model';
import type { Json, JsonObject, Row } from '@statewire/protocol';

/** A public page as data: what its JSON says and what everything else about it is drawn from. */
export interface PublicState {
  readonly slug: string;
  readonly title: string;
  readonly text: string;
  readonly links: readonly { readonly name: string; readonly url: string }[];
  readonly zone: string;
  /** How many days the bars show. The newest is `today`; days are those of UTC, times are told in `zone`. */
  readonly days: number;
  readonly today: string;
  /** The worst of all services, where bad comes before maintenance, so that no maintenance hides an outage. */
  readonly status: Status;
  readonly sentence: string;
  readonly groups: readonly PublicGroup[];
  readonly incidents: readonly PublicIncident[];
  readonly maintenances: readonly PublicMaintenance[];
}

export interface PublicGroup {
  readonly name: string;
  readonly services: readonly PublicService[];
}

export interface PublicService {
  /** Unique in the page; badges use it. */
  readonly key: string;
  readonly name: string;
  readonly status: Status;
  /** One letter per day, oldest first: `u` up, `g` degraded, `d` down, `m` maintenance, `x` no data, `p` paused. */
  readonly bar: string;
  /** Percent, cut after two digits; null where nothing is known. The whole is null where the page shows no numbers. */
  readonly uptime: { readonly [window in UptimeWindow]: number | null } | null;
}

export type UptimeWindow = 'd7' | 'd30' | 'd90' | 'h24';
export const UPTIME_WINDOWS: readonly UptimeWindow[] = ['h24', 'd7', 'd30', 'd90'];

export interface PublicIncident {
  readonly id: string;
  readonly title: string;
  readonly phase: string;
  readonly impact: string;
  readonly startedAt: number;
  readonly resolvedAt: number | null;
  /** Keys of the services of this page that it touches. */
  readonly services: readonly string[];
  /** Newest first. */
  readonly updates: readonly PublicUpdate[];
  readonly postmortem: { readonly text: string; readonly publishedAt: number } | null;
}

export interface PublicUpdate {
  readonly id: string;
  readonly at: number;
  readonly phase: string;
  readonly text: string;
}

export interface PublicMaintenance {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly state: string;
  readonly from: number;
  readonly to: number;
  readonly services: readonly string[];
}

/** What a page is built from. */
export interface PublicParts {
  readonly page: Page;
  readonly service: (id: string) => Row | null;
  readonly incidents: Iterable<Row>;
  readonly maintenances: Iterable<Row>;
  readonly now: number;
  /** The date in UTC: `2026-03-01`. */
  readonly today: string;
  /** A digest that says nothing of what it was made of. */
  readonly digest: (text: string) => string;
  readonly limits: {
    readonly pageIncidentsMax: number;
    readonly pageMaintenancesMax: number;
    readonly pageHistoryMs: number;
  };
}

/** The public state, and what its keys mean inside. Only the state goes out. */
export interface Published {
  readonly state: PublicState;
  /** Public key to the id of the service. */
  readonly ids: ReadonlyMap<string, string>;
}

/** The public state of a page, or null when it is not published. */
export function publicState(parts: PublicParts): Published | null {
  const { page } = parts;
  if (!page.isPublished) return null;
  const { groups, keys } = publicGroups(parts);
  const services = groups.flatMap((group) => group.services);
  const incidents = publicIncidents(parts, keys);
  const maintenances = publicMaintenances(parts, keys);
  const state = {
    slug: page.slug,
    title: page.title,
    text: page.text,
    links: page.links.map(({ name, url }) => ({ name, url })),
    zone: page.zone,
    days: page.days,
    today: parts.today,
    status: worstOf(services.map((service) => service.status)),
    sentence: sentenceOf(services, incidents, maintenances),
    groups,
    incidents,
    maintenances,
  };
  return { state, ids: new Map(Array.from(keys, ([id, key]) => [key, id])) };
}

/** Bad before planned before unknown before good. */
export function worstOf(statuses: readonly Status[]): Status {
  return WORST_FIRST.find((status) => statuses.includes(status)) ?? 'pending';
}

const WORST_FIRST: readonly Status[] = ['down', 'degraded', 'maintenance', 'unknown', 'up', 'pending', 'paused'];

/** Service id to its public key. */
type Keys = ReadonlyMap<string, string>;

function publicGroups(parts: PublicParts): { readonly groups: readonly PublicGroup[]; readonly keys: Keys } {
  const { page } = parts;
  const keys = new Map<string, string>();
  const used = new Set<string>();
  const groups = page.groups.map((group) => ({
    name: group.name,
    services: group.services.flatMap((entry) => {
      const row = keys.has(entry.id) ? null : parts.service(entry.id);
      // Shown once, and only while it exists.
      if (row === null) return [];
      const name = entry.name ?? textOf(row['name']);
      const key = keyOf(name, used);
      keys.set(entry.id, key);
      return [
        {
          key,
          name,
          status: statusOf(row['status']),
          bar: barOf(row['bar'], page.days),
          uptime: entry.isNumbered ? uptimeOf(row['uptime']) : null,
        },
      ];
    }),
  }));
  return { groups: groups.filter(({ services }) => services.length > 0), keys };
}

/** A word made of a public name, made unique in order of the page. */
function keyOf(name: string, used: Set<string>): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replaceAll(/^-+|-+$/g, '');
  const word = slug === '' ? 'service' : slug;
  let key = word;
  for (let n = 2; used.has(key); n++) key = `${word}-${n}`;
  used.add(key);
  return key;
}

function publicIncidents({ page, incidents, now, digest, limits }: PublicParts, keys: Keys): readonly PublicIncident[] {
  const oldest = now - limits.pageHistoryMs;
  const shown: PublicIncident[] = [];
  for (const row of incidents) {
    if (row['isPublished'] !== true) continue;
    const refs = listOf(row['affected']).map((each) => textOf(each['ref']));
    const services = keysOf(refs, keys);
    // One that is about nothing on this page belongs to another page; one about nothing at all is for everybody.
    if (refs.length > 0 && services.length === 0) continue;
    const resolvedAt = timeOf(row['resolvedAt']);
    if (resolvedAt !== null && resolvedAt < oldest) continue;
    const inside = `${page.id} ${row.id}`;
    shown.push({
      id: digest(`incident ${inside}`),
      title: textOf(row['title']),
      phase: wordOf(row['phase'], PHASES),
      impact: wordOf(row['impact'], IMPACTS),
      startedAt: timeOf(row['startedAt']) ?? timeOf(row['createdAt']) ?? now,
      resolvedAt,
      services,
      updates: publicUpdates(row, (id) => digest(`update ${inside} ${id}`)),
      postmortem: postmortemOf(row['postmortem']),
    });
  }
  shown.sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1));
  return shown.slice(0, limits.pageIncidentsMax);
}

function publicUpdates(row: Row, digest: (id: string) => string): readonly PublicUpdate[] {
  return listOf(row['updates'])
    .filter((update) => update['isPublic'] === true)
    .map((update) => ({
      id: digest(textOf(update['id'])),
      at: timeOf(update['at']) ?? 0,
      phase: wordOf(update['phase'], PHASES),
      text: textOf(update['text']),
    }))
    .toReversed();
}

function postmortemOf(value: Json | undefined): PublicIncident['postmortem'] {
  if (!isObject(value)) return null;
  const publishedAt = timeOf(value['publishedAt']);
  return publishedAt === null ? null : { text: textOf(value['text']), publishedAt };
}

function publicMaintenances(
  { page, maintenances, now, digest, limits }: PublicParts,
  keys: Keys,
): readonly PublicMaintenance[] {
  const oldest = now - limits.pageHistoryMs;
  const shown: PublicMaintenance[] = [];
  for (const row of maintenances) {
    const { affected, window, past, isPublic } = row;
    const state = wordOf(row['state'], MAINTENANCE_STATES);
    if (isPublic !== true || state === 'canceled') continue;
    const refs = Array.isArray(affected) ? affected.filter((ref) => typeof ref === 'string') : [];
    const services = keysOf(refs, keys);
    if (services.length === 0) continue;
    const of = { title: textOf(row['title']), text: textOf(row['text']), services };
    const place = (span: Json | undefined, word: string): void => {
      if (!isObject(span)) return;
      const from = timeOf(span['from']);
      const to = timeOf(span['to']);
      if (from === null || to === null || to < oldest) return;
      shown.push({ id: digest(`maintenance ${page.id} ${row.id} ${from}`), ...of, state: word, from, to });
    };
    if (state !== 'completed') place(window, state);
    for (const span of Array.isArray(past) ? past : []) place(span, 'completed');
  }
  shown.sort((a, b) => b.from - a.from || (a.id < b.id ? -1 : 1));
  return shown.slice(0, limits.pageMaintenancesMax);
}

/** The keys of those references that are services of this page, in the order of the page. */
function keysOf(refs: readonly string[], keys: Keys): readonly string[] {
  const named = new Set(refs);
  return Array.from(keys)
    .filter(([id]) => named.has(`services/${id}`))
    .map(([, key]) => key);
}

/** What stands at the top of the page. */
function sentenceOf(
  services: readonly PublicService[],
  incidents: readonly PublicIncident[],
  maintenances: readonly PublicMaintenance[],
): string {
  const open = incidents.filter(({ resolvedAt }) => resolvedAt === null).length;
  const watched = services.filter(({ status }) => status !== 'paused');
  const said = [
    ...about(watched, 'down', 'is down', 'are down'),
    ...about(watched, 'degraded', 'is degraded', 'are degraded'),
  ];
  if (said.length > 0) return said.join(', ');
  if (open > 0) return open === 1 ? 'One incident is open' : `${open} incidents are open`;
  const planned = about(watched, 'maintenance', 'is under maintenance', 'are under maintenance');
  if (planned.length > 0) return planned.join('');
  if (maintenances.some(({ state }) => state === 'active')) return 'Maintenance is under way';
  const unknown = about(watched, 'unknown', 'is not known right now', 'are not known right now');
  if (unknown.length > 0) return `The state of ${unknown.join('')}`;
  if (watched.some(({ status }) => status === 'up'))
    return watched.some(({ status }) => status === 'pending') ? 'What is measured so far is up' : 'All services are up';
  return watched.length === 0 ? 'Nothing is watched here' : 'Nothing is measured yet';
}

function about(services: readonly PublicService[], status: Status, is: string, are: string): readonly string[] {
  const of = services.filter((service) => service.status === status);
  const [only] = of;
  if (only === undefined) return [];
  return [of.length === 1 ? `${only.name} ${is}` : `${of.length} of ${services.length} services ${are}`];
}

const STATUS_WORDS: readonly Status[] = ['up', 'degraded', 'down', 'unknown', 'pending', 'maintenance', 'paused'];
const PHASES = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
const IMPACTS = ['none', 'minor', 'major', 'critical'] as const;
const MAINTENANCE_STATES = ['scheduled', 'active', 'completed', 'canceled'] as const;

function statusOf(value: Json | undefined): Status {
  return STATUS_WORDS.find((status) => status === value) ?? 'unknown';
}

function barOf(value: Json | undefined, days: number): string {
  const letters = typeof value === 'string' ? value.replaceAll(/[^ugdmxp]/g, 'x') : '';
  return letters.slice(-days).padStart(days, 'x');
}

function uptimeOf(value: Json | undefined): PublicService['uptime'] {
  const percent = (window: UptimeWindow): number | null => {
    const of = isObject(value) ? value[window] : undefined;
    const pct = isObject(of) ? of['pct'] : undefined;
    // Cut, so that 99.999 is not shown as 100.
    return typeof pct === 'number' && pct >= 0 && pct <= 100 ? Math.floor(pct * 100 + 1e-9) / 100 : null;
  };
  return { h24: percent('h24'), d7: percent('d7'), d30: percent('d30'), d90: percent('d90') };
}

function wordOf<T extends string>(value: Json | undefined, words: readonly [T, ...T[]]): T {
  return words.find((word) => word === value) ?? words[0];
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function timeOf(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
