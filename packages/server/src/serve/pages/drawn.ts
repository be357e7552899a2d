import { gzipSync } from 'node:zlib';
import type { Sheet } from '../../publish/board.ts';
import type { Clock } from '../../lib/clock.ts';
import { loadAssets, type Asset } from './assets.ts';
import { documentOf, embedOf, faviconOf, titleOf } from './document.ts';
import { jsonFeed, rssFeed } from './feed.ts';
import { mainOf, partsOf, type Parts } from './parts.ts';

/** Bytes that many callers are answered with: made once, compressed once. */
export interface Body {
  readonly type: string;
  readonly etag: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer> | null;
}

/** How long a drawn page is handed out; it says when it was drawn. */
const DRAWN_MS = 5_000;
/** Below this the headers weigh more than what is saved. */
const GZIP_BYTES_MIN = 1_400;

/** Everything that is drawn from a sheet, each made when it is first wanted and kept as long as the sheet. */
export class Drawings {
  readonly assets: ReadonlyMap<string, Asset> = loadAssets();
  readonly #clock: Clock;
  readonly #of = new WeakMap<Sheet, Drawing>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  document(sheet: Sheet): Body {
    return this.#timed(sheet, 'document', () => documentOf(sheet, this.parts(sheet), this.#around()).text);
  }

  embed(sheet: Sheet): Body {
    return this.#timed(sheet, 'embed', () => embedOf(sheet, this.parts(sheet), this.#around()).text);
  }

  json(sheet: Sheet): Body {
    return this.#kept(sheet, 'json', 'application/json', () =>
      JSON.stringify({ version: sheet.version, ...sheet.state }),
    );
  }

  rss(sheet: Sheet, home: string): Body {
    return this.#kept(sheet, `rss ${home}`, 'application/rss+xml; charset=utf-8', () => rssFeed(sheet, home));
  }

  feed(sheet: Sheet, home: string): Body {
    return this.#kept(sheet, `feed ${home}`, 'application/feed+json; charset=utf-8', () => jsonFeed(sheet, home));
  }

  parts(sheet: Sheet): Parts {
    const drawing = this.#drawing(sheet);
    drawing.parts ??= partsOf(sheet.state);
    return drawing.parts;
  }

  /** The whole page as one event, for those who come from elsewhere or nowhere. */
  whole(sheet: Sheet): Uint8Array {
    const drawing = this.#drawing(sheet);
    drawing.whole ??= eventOf(sheet, { main: mainOf(sheet.state, this.parts(sheet)).text });
    return drawing.whole;
  }

  /** What changed from one sheet to the next as one event. Made by the one who hands it to all. */
  step(from: Sheet, to: Sheet): Uint8Array {
    const was = this.parts(from);
    const is = this.parts(to);
    if (was.frame !== is.frame) return this.whole(to);
    const parts: Record<string, string> = {};
    for (const [id, { text }] of is.byId) if (was.byId.get(id)?.text !== text) parts[id] = text;
    return eventOf(to, { parts });
  }

  asset(name: string): string {
    return this.assets.get(name)?.path ?? '';
  }

  #around(): { readonly css: string; readonly js: string; readonly now: number } {
    return { css: this.asset('page.css'), js: this.asset('page.js'), now: this.#clock.now() };
  }

  #drawing(sheet: Sheet): Drawing {
    let drawing = this.#of.get(sheet);
    if (drawing === undefined) {
      drawing = { parts: null, whole: null, bodies: new Map() };
      this.#of.set(sheet, drawing);
    }
    return drawing;
  }

  #timed(sheet: Sheet, name: string, draw: () => string): Body {
    const { bodies } = this.#drawing(sheet);
    const known = bodies.get(name);
    const now = this.#clock.mono();
    if (known !== undefined && known.until > now) return known.body;
    // Weak: two drawings of one sheet differ in the time they say.
    const body = bodyOf('text/html; charset=utf-8', `W/"${sheet.version}"`, draw());
    bodies.set(name, { body, until: now + DRAWN_MS });
    return body;
  }

  #kept(sheet: Sheet, name: string, type: string, draw: () => string): Body {
    const { bodies } = this.#drawing(sheet);
    const known = bodies.get(name);
    if (known !== undefined) return known.body;
    const body = bodyOf(type, `"${sheet.version}"`, draw());
    bodies.set(name, { body, until: Infinity });
    return body;
  }
}

interface Drawing {
  parts: Parts | null;
  whole: Uint8Array | null;
  readonly bodies: Map<string, { readonly body: Body; readonly until: number }>;
}

function bodyOf(type: string, etag: string, text: string): Body {
  const plain = new TextEncoder().encode(text);
  const gzip = plain.byteLength < GZIP_BYTES_MIN ? null : new Uint8Array(gzipSync(plain, { level: 6 }));
  return { type, etag, plain, gzip };
}

function eventOf(
  sheet: Sheet,
  what: { readonly main: string } | { readonly parts: Readonly<Record<string, string>> },
): Uint8Array {
  const { version, at, state } = sheet;
  const data = JSON.stringify({ v: version, at, title: titleOf(sheet), icon: faviconOf(state.status), ...what });
  return new TextEncoder().encode(`id: ${version}\nevent: state\ndata: ${data}\n\n`);
}
