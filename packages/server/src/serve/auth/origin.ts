/** What a request says about where it came from. */
export interface Whence {
  readonly origin: string | null;
  /** Host header, or the proxy's X-Forwarded-Host when proxies are trusted. */
  readonly host: string | null;
}

/**
 * May a page of this origin act with a person's cookie? Yes for our own pages and for origins the operator listed.
 * A missing Origin is a no: browsers send one with every unsafe request and every WebSocket upgrade.
 */
export function isOriginAllowed(
  { origin, host }: Whence,
  { publicUrl, origins }: { readonly publicUrl: string | null; readonly origins: readonly string[] },
): boolean {
  if (origin === null || origin === 'null') return false;
  const parsed = parse(origin);
  if (parsed === null) return false;
  if (origins.includes(parsed.origin)) return true;
  if (publicUrl !== null) return parsed.origin === parse(publicUrl)?.origin;
  return host !== null && parsed.host === parse(`${parsed.protocol}//${host}`)?.host;
}

/** Is this Host header our own loopback name? A page that rebinds its own name to 127.0.0.1 cannot say so. */
export function isLoopbackHost(host: string | null): boolean {
  return host !== null && /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/iu.test(host);
}

function parse(url: string): URL | null {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  // A header such as `a@b` or `a/b` parses too; only scheme and host may be there.
  if (parsed === null || parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '')
    return null;
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed : null;
}
