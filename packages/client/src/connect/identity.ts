/**
 * Who a credential speaks for, as far as it says so itself: a JWT by issuer, subject and organization. Null for any other
 * token and for the cookie: of those the server alone can say whose they are, and does so in `welcome.who`.
 * Nothing is verified here; it only lets go of rows earlier.
 */
export function identityOf(token: string | undefined): string | null {
  const claims = token === undefined ? null : claimsOf(token);
  if (claims === null) return null;
  return JSON.stringify([claims['iss'], claims['sub'], claims['org'], claims['org_id']]);
}

/** What a JWT with a subject says of itself, unverified; null for any other token. */
export function claimsOf(token: string): Record<string, unknown> | null {
  const [, body = '', signature] = token.split('.');
  try {
    const claims: Record<string, unknown> = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/')));
    return signature !== undefined && 'sub' in claims ? claims : null;
  } catch {
    return null; // Not base64, not JSON, or no object: not a JWT.
  }
}
