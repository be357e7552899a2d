/**
 * Public status pages: which services are shown to people without a credential, under which names. The page is
 * the whole of what may be seen: a record that no page names is seen by nobody outside.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { envelopeShape, idSchema, instant, labelsSchema, named, prose, words, type Shape } from '../schema.ts';

/** Who may look at a page. Password and token are stored as hashes, apart from the record, and never returned. */
export type PageAccess = 'public' | 'password' | 'token';

/** One service of a page. */
export interface PageService {
  /** Id of the service. It is not shown outside. */
  readonly id: string;
  /** The name shown outside; null shows the service's own. */
  readonly name: string | null;
  /** Whether uptime and latency are shown beside the word. */
  readonly isNumbered: boolean;
  readonly [field: string]: string | boolean | null;
}

/** A heading of a status page and what stands under it. */
export interface PageGroup {
  readonly name: string;
  readonly services: readonly PageService[];
  readonly [field: string]: string | readonly PageService[];
}

/** How a status page looks. */
export interface PageTheme {
  /** `#rrggbb`; empty is ours. */
  readonly accent: string;
  readonly mode: 'light' | 'dark' | 'system';
  /** A `data:` image of at most 48 KiB; a page loads nothing from elsewhere. Empty: none. */
  readonly logo: string;
  /** Rules of the owner's own, served from the page's address. They load nothing from elsewhere. */
  readonly css: string;
  readonly [field: string]: string;
}

/** A link in the head of a status page. */
export interface PageLink {
  readonly name: string;
  readonly url: string;
  readonly [field: string]: string;
}

/** A public status page: what it shows, to whom, how it looks. */
export interface Page extends Envelope {
  /** The page's place: `/status/<slug>`. Unique in the instance, over all organizations. */
  readonly slug: string;
  readonly title: string;
  readonly text: string;
  readonly isPublished: boolean;
  readonly access: PageAccess;
  readonly groups: readonly PageGroup[];
  readonly theme: PageTheme;
  /** How many days the bars show, 7 to 90. */
  readonly days: number;
  /** The time zone of the times shown. */
  readonly zone: string;
  readonly links: readonly PageLink[];
  /** A host name of its own that shows this page at `/`; empty: none. Unique in the instance. */
  readonly domain: string;
  /** How often a page asks where push is not possible, ms. */
  readonly refreshMs: number;
  /** Id of the channel that sends to e-mail subscribers; null: nobody can subscribe by e-mail. */
  readonly channel: string | null;
  /** Id of the webhook channel whose secret signs for webhook subscribers; null: none can subscribe. */
  readonly webhookChannel: string | null;
  /** Origins whose pages may show `/embed/<slug>` in a frame; `*` is every origin. */
  readonly frames: readonly string[];
  /** Names of the secrets that are set: `password`, `token`. */
  readonly secrets: readonly string[];
  /** When the secrets last changed: who came in before must come in again. */
  readonly securedAt: number | null;
}

/** Body of `POST /v1/pages`. */
export interface PageCreate extends PagePatch {
  readonly id?: string | undefined;
  readonly slug: string;
  readonly title: string;
}

/** Body of `PATCH /v1/pages/<id>`. */
export interface PagePatch {
  readonly slug?: string | undefined;
  readonly title?: string | undefined;
  readonly text?: string | undefined;
  readonly isPublished?: boolean | undefined;
  readonly access?: PageAccess | undefined;
  readonly groups?: readonly PageGroup[] | undefined;
  readonly theme?:
    | ({ readonly [K in 'accent' | 'css' | 'logo']?: string | undefined } & {
        readonly mode?: PageTheme['mode'] | undefined;
      })
    | undefined;
  readonly days?: number | undefined;
  readonly zone?: string | undefined;
  readonly links?: readonly PageLink[] | undefined;
  readonly domain?: string | undefined;
  readonly refreshMs?: number | undefined;
  readonly channel?: string | null | undefined;
  readonly webhookChannel?: string | null | undefined;
  readonly frames?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const GROUPS_MAX = 50;
const SERVICES_MAX = 500;
const LINKS_MAX = 20;
const FRAMES_MAX = 20;
const LOGO_CHARS_MAX = 65_536;
const CSS_CHARS_MAX = 32_768;

const slug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'expected 1 to 63 of a-z 0-9 -, with a letter or digit at both ends',
  })
  .meta({ description: 'The place of the page: /status/<slug>', example: 'acme' });

const zone = z.string().max(64).refine(isZone, { error: 'expected a time zone such as Europe/Berlin or UTC' });

const linkUrl = words(2048).refine(isWebUrl, { error: 'expected an http or https address, or mailto:' });

const domain = z.string().regex(/^(?:|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])$/, {
  error: 'expected a host name in small letters without port, such as status.example.com',
});

const frame = z.string().max(300).refine(isFrameOrigin, {
  error: 'expected an origin such as https://www.example.com, or *',
});

const logo = z
  .string()
  .max(LOGO_CHARS_MAX)
  .regex(/^(?:|data:image\/(?:png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2})$/, {
    error:
      'expected data:image/png;base64,... of at most 48 KiB (png, jpeg, webp, gif, svg); a page loads nothing from elsewhere',
  });

const css = z
  .string()
  .max(CSS_CHARS_MAX)
  .check(({ value, issues }) => {
    const flaw = cssFlaw(value);
    if (flaw !== null) issues.push({ code: 'custom', message: flaw, input: value });
  });

const themeShape: Shape<PageTheme> = {
  accent: z.string().regex(/^(?:|#[0-9a-f]{6})$/i, { error: 'expected a colour as #rrggbb, or nothing' }),
  mode: z.enum(['light', 'dark', 'system']),
  logo,
  css,
};

const groupSchema: z.ZodType<PageGroup> = z.strictObject({
  name: words(200),
  services: z
    .array(
      z.strictObject({
        id: idSchema,
        name: named(200).nullable().default(null),
        isNumbered: z.boolean().default(false),
      }),
    )
    .max(SERVICES_MAX),
});

const groupsSchema: z.ZodType<readonly PageGroup[]> = z
  .array(groupSchema)
  .max(GROUPS_MAX)
  .refine((groups) => groups.reduce((sum, { services }) => sum + services.length, 0) <= SERVICES_MAX, {
    error: `expected at most ${SERVICES_MAX} services on one page`,
  });

const linksSchema: z.ZodType<readonly PageLink[]> = z
  .array(z.strictObject({ name: named(100), url: linkUrl }))
  .max(LINKS_MAX);

const shape: Shape<Page> = {
  ...envelopeShape,
  slug,
  title: z.string(),
  text: z.string(),
  isPublished: z.boolean(),
  access: z.enum(['public', 'password', 'token']),
  groups: z.array(groupSchema),
  theme: z.object(themeShape),
  days: z.int().min(7).max(90),
  zone,
  links: linksSchema,
  domain,
  refreshMs: z.int().min(5_000).max(600_000),
  channel: z.string().nullable(),
  webhookChannel: z.string().nullable(),
  frames: z.array(frame),
  secrets: z.array(z.string()),
  securedAt: instant.nullable(),
};

/** Every field of a status page, as a schema. */
export const pageRow: z.ZodType<Page> = z.object(shape);

const patchShape: InputShape<PagePatch> = {
  slug: slug.optional(),
  title: named(200).optional(),
  text: prose(4000).optional(),
  isPublished: z.boolean().optional(),
  access: shape.access.optional(),
  groups: groupsSchema.optional(),
  theme: z.strictObject(themeShape).partial().optional(),
  days: shape.days.optional(),
  zone: zone.optional(),
  links: linksSchema.optional(),
  domain: domain.optional(),
  refreshMs: shape.refreshMs.optional(),
  channel: idSchema.nullable().optional(),
  webhookChannel: idSchema.nullable().optional(),
  frames: z.array(frame).max(FRAMES_MAX).optional(),
  labels: labelsSchema.optional(),
};

/** What may be changed of a status page: the body of a patch. */
export const pagePatchSchema: z.ZodType<PagePatch> = z.strictObject(patchShape);

const createShape: InputShape<PageCreate> = { ...patchShape, id: idSchema.optional(), slug, title: named(200) };

/** What makes a status page: the body of a create. */
export const pageCreateSchema: z.ZodType<PageCreate> = z.strictObject(createShape);

export const pages: Collection = describeCollection({
  name: 'pages',
  kind: 'plain',
  row: pageRow,
  create: pageCreateSchema,
  patch: pagePatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin' },
  owns: {
    api: [
      'slug',
      'title',
      'text',
      'isPublished',
      'access',
      'groups',
      'theme',
      'days',
      'zone',
      'links',
      'domain',
      'refreshMs',
      'channel',
      'webhookChannel',
      'frames',
      'labels',
    ],
    report: [],
  },
});

/**
 * Why these rules may not be served, or null. The content security policy is what keeps a page from loading anything
 * from elsewhere; this says so to the person who tries, before they wonder why nothing comes.
 */
export function cssFlaw(text: string): string | null {
  const plain = unescaped(text.replaceAll(/\/\*[\s\S]*?(?:\*\/|$)/g, ' ')).toLowerCase();
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for.
  if (/[\u0000-\u0008\u000B\u000E-\u001F<]/.test(plain)) return 'expected CSS without control characters and without <';
  if (/@(?:import|charset|namespace)/.test(plain)) return 'found @import or the like, expected rules only';
  if (/expression\s*\(|-moz-binding|behavior\s*:|javascript:/.test(plain)) return 'found CSS that runs code';
  for (const [, inner = ''] of plain.matchAll(/(?:url|image-set|src)\(\s*(["']?[^)]{0,12})/g)) {
    if (!/^["']?(?:data:|#|url\()/.test(inner))
      return 'found an address in url(), expected data: only; a page loads nothing from elsewhere';
  }
  return null;
}

/** CSS lets any character be written as `\75 `, which is how words were hidden elsewhere. */
function unescaped(text: string): string {
  return text.replaceAll(
    /\\(?:([0-9a-f]{1,6})\s?|([\s\S]))/gi,
    (_, hex: string | undefined, char: string | undefined) => {
      if (hex === undefined) return char ?? '';
      const code = Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
    },
  );
}

function isZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isWebUrl(text: string): boolean {
  if (/^mailto:[^\s@]{1,64}@[^\s@/?#]{1,255}$/i.test(text)) return true;
  return /^https?:\/\/[^/?#@\s]+(?:[/?#]|$)/i.test(text) && z.url().safeParse(text).success;
}

function isFrameOrigin(text: string): boolean {
  return text === '*' || /^https?:\/\/(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d{1,5})?$/.test(text);
}
