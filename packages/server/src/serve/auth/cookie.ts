/** What the names of our cookies begin with. */
export const COOKIE_PREFIX = 'statewire';

/** The cookie that marks a browser as signed in has one of these names. */
export function hasSessionCookie(cookie: string): boolean {
  return sessionCookieOf(cookie) !== null;
}

/** What that cookie says, or null. */
export function sessionCookieOf(cookie: string): string | null {
  const match = new RegExp(`(?:^|;\\s*)(?:__Secure-)?${COOKIE_PREFIX}\\.session_token=([^;]*)`, 'u').exec(cookie);
  return match?.[1] ?? null;
}
