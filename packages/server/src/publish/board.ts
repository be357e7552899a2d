/**
 * Public pages as they stand. A page is built when somebody asks for it and something it shows has changed since; a page
 * that is watched is built when that happens, at most once per `pageBuildMs`, and everybody who watches is handed
 * the same sheet. Nothing here knows how a sheet is drawn or sent.
 */
import { createHash } from 'node:crypto';
import type { Page } from '@statewire/model';
import { assert, type Row } from '@statewire/protocol';
import { publicState, type PublicState } from '../derive/public-state.ts';
import type { Change, Committed } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';

/** One page at one moment. A new object for each change, so that what is drawn from it can be kept with it. */
export interface Sheet {
  readonly org: string;
  readonly page: Page;
  readonly state: PublicState;
  /** Public key of a service to its id. Stays inside. */
  readonly ids: ReadonlyMap<string, string>;
  /** A digest of everything that is shown: the same version, the same page. */
  readonly version: string;
  /** When it was built: what it says was true then. */
  readonly at: number;
}

/** Somebody who watches a page. */
export interface Watcher {
  /** The page is another one now; null when it may not be seen any more. */
  changed(sheet: Sheet | null): void;
  /** Nothing changed, and the server is there. */
  beat(): void;
}

export interface BoardDeps {
  readonly clock: Clock;
  readonly live: Pick<Live, 'entries' | 'get' | 'orgs'>;
  readonly limits: Limits;
  readonly onError: (error: unknown, what: string) => void;
}

export class Board {
  readonly #deps: BoardDeps;
  readonly #places = new Map<string, Place>();
  readonly #bySlug = new Map<string, Place>();
  readonly #byDomain = new Map<string, Place>();
  readonly #watched = new Set<Place>();
  #beat: Timer | null = null;

  constructor(deps: BoardDeps) {
    this.#deps = deps;
  }

  /** Learns which pages there are. */
  start(): void {
    for (const org of this.#deps.live.orgs()) {
      for (const { id, row } of this.#deps.live.entries(org, 'pages')) this.#placed(org, id, row);
    }
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    for (const change of committed.changes) {
      if (change.collection === 'pages') this.#placed(change.org, change.id, change.after);
      if (!isShown(change)) continue;
      for (const place of this.#places.values()) {
        if (place.org === change.org && concerns(place, change)) this.#touch(place);
      }
    }
  }

  /** The page at a slug as it is now, or null when there is none that may be seen. */
  sheet(slug: string): Sheet | null {
    const place = this.#bySlug.get(slug);
    return place === undefined ? null : this.#fresh(place);
  }

  /** The page of this id as it is now, or null when it may not be seen. */
  sheetOf(org: string, id: string): Sheet | null {
    const place = this.#places.get(`${org}\n${id}`);
    return place === undefined ? null : this.#fresh(place);
  }

  /** The slug of the page that a host name of its own leads to, or null. */
  slugOf(domain: string): string | null {
    return this.#byDomain.get(domain)?.page.slug ?? null;
  }

  /** Watches a page from now on. The caller takes the sheet first; there is nothing between the two. */
  watch(slug: string, watcher: Watcher): () => void {
    const place = this.#bySlug.get(slug);
    assert(place !== undefined, `a page that nobody made is watched: ${slug}`);
    if (place.watchers.size === 0) place.told = place.sheet;
    place.watchers.add(watcher);
    this.#watched.add(place);
    this.#beat ??= this.#deps.clock.after(this.#deps.limits.pageBeatMs, () => this.#pulse());
    return () => {
      place.watchers.delete(watcher);
      if (place.watchers.size > 0) return;
      this.#watched.delete(place);
      place.timer?.cancel();
      place.timer = null;
    };
  }

  close(): void {
    this.#beat?.cancel();
    this.#beat = null;
    for (const place of this.#watched) place.timer?.cancel();
    this.#watched.clear();
  }

  #placed(org: string, id: string, row: Row | null): void {
    const key = `${org}\n${id}`;
    const known = this.#places.get(key);
    if (known !== undefined) {
      if (this.#bySlug.get(known.page.slug) === known) this.#bySlug.delete(known.page.slug);
      if (this.#byDomain.get(known.page.domain) === known) this.#byDomain.delete(known.page.domain);
    }
    if (row === null) {
      if (known === undefined) return;
      this.#places.delete(key);
      known.isGone = true;
      this.#touch(known);
      return;
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `pages` are Page.
    const page = row as Page;
    const place: Place = known ?? {
      org,
      page,
      services: new Set(),
      watchers: new Set(),
      sheet: null,
      told: null,
      isDirty: true,
      isGone: false,
      builtAt: 0,
      timer: null,
    };
    place.page = page;
    place.services = new Set(page.groups.flatMap(({ services }) => services.map((service) => service.id)));
    this.#places.set(key, place);
    // Names are unique; should two pages share one after all, the first keeps it.
    if (!this.#bySlug.has(page.slug)) this.#bySlug.set(page.slug, place);
    if (page.domain !== '' && !this.#byDomain.has(page.domain)) this.#byDomain.set(page.domain, place);
    this.#touch(place);
  }

  #touch(place: Place): void {
    place.isDirty = true;
    if (place.watchers.size === 0 || place.timer !== null) return;
    const { clock, limits } = this.#deps;
    const waitMs = Math.max(0, place.builtAt + limits.pageBuildMs - clock.mono());
    place.timer = clock.after(waitMs, () => {
      place.timer = null;
      this.#tell(place);
    });
  }

  #tell(place: Place): void {
    const sheet = place.isGone ? null : this.#fresh(place);
    if (sheet === place.told) return;
    place.told = sheet;
    for (const watcher of Array.from(place.watchers)) this.#call(() => watcher.changed(sheet));
  }

  #pulse(): void {
    this.#beat = null;
    if (this.#watched.size === 0) return;
    this.#beat = this.#deps.clock.after(this.#deps.limits.pageBeatMs, () => this.#pulse());
    for (const place of Array.from(this.#watched)) {
      // A new day changes the bars without a commit.
      this.#tell(place);
      for (const watcher of Array.from(place.watchers)) this.#call(() => watcher.beat());
    }
  }

  /** A watcher that throws must not keep the others from hearing. */
  #call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#deps.onError(error, 'a watcher of a public page failed');
    }
  }

  #fresh(place: Place): Sheet | null {
    const { clock, live, limits } = this.#deps;
    const now = clock.now();
    // The history counts days in UTC, for all pages alike.
    const today = new Date(now).toISOString().slice(0, 10);
    if (!place.isDirty && (place.sheet === null || place.sheet.state.today === today)) {
      // It was checked now: nothing that it shows has changed.
      return place.sheet;
    }
    const { org, page } = place;
    const published = publicState({
      page,
      now,
      today,
      digest,
      limits,
      service: (id) => live.get(org, 'services', id)?.row ?? null,
      incidents: rowsOf(live.entries(org, 'incidents')),
      maintenances: rowsOf(live.entries(org, 'maintenances')),
    });
    place.isDirty = false;
    place.builtAt = clock.mono();
    if (published === null) {
      place.sheet = null;
      return null;
    }
    const version = digest(JSON.stringify([published.state, lookOf(page)]));
    if (place.sheet?.version === version && place.sheet.page === page) return place.sheet;
    place.sheet = { org, page, ...published, version, at: now };
    return place.sheet;
  }
}

interface Place {
  readonly org: string;
  page: Page;
  services: ReadonlySet<string>;
  readonly watchers: Set<Watcher>;
  sheet: Sheet | null;
  /** What the watchers were told last. */
  told: Sheet | null;
  isDirty: boolean;
  isGone: boolean;
  /** Monotonic. */
  builtAt: number;
  timer: Timer | null;
}

/** What of a page is seen beside its state. */
function lookOf({ theme, access, channel, webhookChannel, refreshMs, securedAt }: Page): readonly unknown[] {
  return [theme, access, channel !== null, webhookChannel !== null, refreshMs, securedAt];
}

/** Can this change be seen outside at all? Probes write a service every few seconds; most of that no page shows. */
function isShown({ collection, before, after }: Change): boolean {
  if (collection === 'incidents' || collection === 'maintenances') return true;
  if (collection !== 'services') return false;
  if (before === null || after === null) return true;
  return SHOWN.some((field) => !Object.is(before[field], after[field]));
}

const SHOWN = ['status', 'name', 'bar', 'uptime'] as const;

function concerns(place: Place, { collection, id }: Change): boolean {
  return collection !== 'services' || place.services.has(id);
}

function* rowsOf(entries: Iterable<{ readonly row: Row }>): Generator<Row> {
  for (const { row } of entries) yield row;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
