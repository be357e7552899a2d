import { Budget } from '../../egress/budget.ts';
import type { Fault } from '../../egress/fault.ts';
import { Lane, type LaneDeps } from '../../egress/lane.ts';
import type { FactReading } from '../../observation.ts';
import { parseUrl } from '../http.ts';
import { isObject, reading } from '../probe.ts';

/** The auth fact of a server that refused us: who would let us in, if it says so. */
export async function authReading(
  deps: LaneDeps,
  target: URL,
  fault: Fault,
  connectTimeoutMs: number,
  timeoutMs: number,
): Promise<FactReading> {
  const budget = new Budget(deps.clock, timeoutMs);
  const named = resourceMetadata(fault.challenge);
  const path = target.pathname === '/' ? '' : target.pathname;
  const places =
    named !== null
      ? [named]
      : fault.status === 401
        ? [
            `${target.origin}/.well-known/oauth-protected-resource${path}`,
            `${target.origin}/.well-known/oauth-protected-resource`,
          ]
        : [];
  for (const place of new Set(places)) {
    const server = await authorizationServer(deps, place, connectTimeoutMs, budget);
    if (server !== null) {
      return reading('warn', fault.code, `${fault.message} Credentials come from ${server}.`);
    }
  }
  const hint = named === null ? '' : ' The sign-in description it names cannot be read.';
  return reading('warn', fault.code, `${fault.message}${hint}`);
}

/** The `resource_metadata` URL of a `WWW-Authenticate` header, or null. */
export function resourceMetadata(challenge: string | undefined): string | null {
  const match = /\bresource_metadata\s*=\s*(?:"([^"\\]{1,2048})"|([^\s",]{1,2048}))/i.exec(
    challenge?.slice(0, CHALLENGE_MAX) ?? '',
  );
  return match?.[1] ?? match?.[2] ?? null;
}

/** The host of the first authorization server in a resource's metadata. The URL is hostile input: egress, no redirects, capped. */
async function authorizationServer(
  deps: LaneDeps,
  place: string,
  connectTimeoutMs: number,
  budget: Budget,
): Promise<string | null> {
  const url = parseUrl(place);
  if (!url.ok) return null;
  const lane = new Lane(deps);
  try {
    const sent = await lane.send({
      method: 'GET',
      url: url.value,
      headers: { accept: 'application/json' },
      connectTimeoutMs,
      budget,
    });
    if (!sent.ok || sent.value.status !== 200) return null;
    const body = await sent.value.text(budget, METADATA_BYTES_MAX);
    if (!body.ok) return null;
    const document: unknown = JSON.parse(body.value);
    const servers = isObject(document) ? document['authorization_servers'] : undefined;
    const [first] = Array.isArray(servers) ? servers : [];
    const issuer = typeof first === 'string' ? parseUrl(first) : null;
    return issuer?.ok === true ? issuer.value.host.slice(0, HOST_MAX) : null;
  } catch (error) {
    // Hostile or broken metadata is the same as none.
    if (error instanceof SyntaxError) return null;
    throw error;
  } finally {
    lane.close();
  }
}

const CHALLENGE_MAX = 8_192;
const METADATA_BYTES_MAX = 65_536;
const HOST_MAX = 253;
