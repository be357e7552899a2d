import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, posix } from 'node:path';

/** Answers everything that is not the API with the built dashboard: its files by name, every other page with index.html. */
export class Dashboard {
  readonly #dir: string;
  #files: ReadonlyMap<string, File> = new Map();
  #builtAt = -1;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Null when the path is none of the dashboard's. */
  async answer(
    path: string,
    headers: { readonly accept: string; readonly encodings: string; readonly ifNoneMatch: string },
  ): Promise<Response | null> {
    // `//v1/x` and `/v1/x` with a typo must not look like pages: a program would take the page for an answer.
    if (
      /^\/(?:\/|v1(?:\/|$)|status(?:\/|$)|badge(?:\/|$)|embed(?:\/|$)|panels(?:\/|$)|live(?:\/|$)|health(?:\/|$)|mcp(?:\/|$)|\.well-known(?:\/|$)|metrics(?:\/|$))/u.test(
        path,
      )
    )
      return null;
    if (!(await this.#refresh())) return path === '/' || headers.accept.includes('text/html') ? notBuilt() : null;
    const named = this.#files.get(path);
    if (named !== undefined && path !== '/index.html') return this.#send(path, named, headers);
    const isPage =
      path === '/' || path === '/index.html' || (extname(path) === '' && headers.accept.includes('text/html'));
    const index = this.#files.get('/index.html');
    return isPage && index !== undefined ? this.#send('/index.html', index, headers) : null;
  }

  async #send(
    path: string,
    file: File,
    { encodings, ifNoneMatch }: { readonly encodings: string; readonly ifNoneMatch: string },
  ): Promise<Response> {
    const isPage = path === '/index.html';
    const headers = new Headers({
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      // Names of built assets carry a hash of their content, so they never change; the page that names them does.
      'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: file.etag,
      vary: 'Accept-Encoding',
      'content-security-policy': contentPolicy,
      'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    });
    if (isPage) headers.set('cross-origin-opener-policy', 'same-origin');
    // Made for pages of others; it holds nothing of ours.
    if (path === EMBED_SCRIPT) {
      headers.set('cross-origin-resource-policy', 'cross-origin');
      headers.set('access-control-allow-origin', '*');
      headers.set('cache-control', 'public, max-age=300, stale-while-revalidate=86400');
    }
    if (ifNoneMatch === file.etag) return new Response(null, { status: 304, headers });
    const encoding = (['br', 'gzip'] as const).find(
      (name) =>
        new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|$))`, 'u').test(encodings) &&
        this.#files.has(path + suffix[name]),
    );
    if (encoding !== undefined) headers.set('content-encoding', encoding);
    const body = await readFile(
      join(this.#dir, ...(path + (encoding === undefined ? '' : suffix[encoding])).split('/')),
    );
    return new Response(new Uint8Array(body), { headers });
  }

  /** Lists the files anew when index.html changed. Only what is listed is ever opened, so no path can lead elsewhere. */
  async #refresh(): Promise<boolean> {
    const builtAt = await modifiedAt(join(this.#dir, 'index.html'));
    if (builtAt === null) return false;
    if (builtAt !== this.#builtAt) {
      this.#files = new Map(await listFiles(this.#dir));
      this.#builtAt = builtAt;
    }
    return true;
  }
}

/** The script that draws panels in pages of others. */
const EMBED_SCRIPT = '/embed.js';

interface File {
  readonly etag: string;
}

const suffix = { br: '.br', gzip: '.gz' } as const;

/** Scripts and styles only from our own files, none inline; nothing may frame us; nothing leaves for elsewhere. */
export const contentPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};

async function listFiles(dir: string): Promise<readonly (readonly [string, File])[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const { size, mtimeMs } = await stat(path);
        const url = posix.join('/', ...path.slice(dir.length).split(/[\\/]/u));
        const etag = `"${createHash('sha256').update(`${url} ${size} ${mtimeMs}`).digest('base64url').slice(0, 22)}"`;
        return [url, { etag }] as const;
      }),
  );
}

async function modifiedAt(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}

function notBuilt(): Response {
  const text =
    'The server runs; the dashboard is not built.\nBuild it with `npm run build -w @statewire/dashboard`, then reload this page. The API is described at /openapi.json.\n';
  return new Response(text, {
    status: 503,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'retry-after': '5' },
  });
}
