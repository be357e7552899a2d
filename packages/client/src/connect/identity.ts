/**
 * Who a credential speaks for, as far as it says so itself. Rows told to one identity are never shown to, and
 * never resumed for, another: a JWT is known by issuer, subject and organization, any other token by itself.
 * Nothing is verified here; the server does that.
 */
export function identityOf(token: string | undefined): string {
  if (token === undefined) return 'cookie';
  const claims = readClaims(token);
  if (claims === null) return `token ${token}`;
  return `jwt ${JSON.stringify([claims['iss'], claims['sub'], claims['org'], claims['org_id']].map((each) => each ?? null))}`;
}

function readClaims(token: string): Record<string, unknown> | null {
  const [, body, signature] = token.split('.');
  if (body === undefined || signature === undefined) return null;
  try {
    const parsed: unknown = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof parsed === 'object' && parsed !== null && 'sub' in parsed ? { ...parsed } : null;
  } catch {
    return null; // Not base64 or not JSON: not a JWT.
  }
}
