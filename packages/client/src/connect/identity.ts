/**
 * Who a credential speaks for, as far as it says so itself: a JWT by issuer, subject and organization. Null for any other
 * token and for the cookie: of those the server alone can say whose they are, and does so in `welcome.who`.
 * Nothing is verified here; it only lets go of rows earlier.
 */
export function identityOf(token: string | undefined): string | null {
  const claims = token === undefined ? null : claimsOf(token);
  if (claims === null) return null;
  return JSON.stringify([claims['iss'], claims['sub'], claims['org'], claims['org_id']].map((each) => each ?? null));
}

/** What a JWT with a subject says of itself, unverified; null for any other token. */
export function claimsOf(token: string): Record<string, unknown> | null {
  const [, body, signature] = token.split('.');
  if (body === undefined || signature === undefined) return null;
  try {
    const parsed: unknown = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof parsed === 'object' && parsed !== null && 'sub' in parsed ? { ...parsed } : null;
  } catch {
    return null; // Not base64 or not JSON: not a JWT.
  }
}
