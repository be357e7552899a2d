/**
 * Which tabs share a connection: those of one server, one identity, one protocol and one line of releases. Everything of that
 * is in the name of their lock, so that others never meet.
 */
import { PROTOCOL_VERSION } from '@statewire/protocol';
import { claimsOf } from '../connect/identity.ts';

/** Releases that understand each other's messages between tabs. */
export const RELEASE_LINE = '0.1';

/** Name of the shared worker: one of another release is another worker. */
export const WORKER: string = `statewire ${PROTOCOL_VERSION} ${RELEASE_LINE}`;

/** Name of the group for a token. */
export function groupOfToken(url: string, token: string, line: string = RELEASE_LINE): string {
  const claims = claimsOf(token);
  // Everything a JWT says but its times and its own id: two that differ in what they may do do not share.
  const lasting =
    claims === null
      ? null
      : Object.entries(claims)
          .filter(([name]) => !PASSING.has(name))
          .sort(byName);
  return nameOf(url, `token ${digest(lasting === null ? token : JSON.stringify(lasting))}`, line);
}

/** Name of the group for callers that the server knows by a cookie, once it has said whom it takes them for. */
export function groupOfWho(
  url: string,
  { org, who }: { readonly org: string; readonly who: string },
  line: string = RELEASE_LINE,
): string {
  return nameOf(url, `who ${org} ${who}`, line);
}

function nameOf(url: string, identity: string, line: string): string {
  return `statewire ${PROTOCOL_VERSION} ${line} ${url} ${identity}`;
}

const PASSING: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'jti', 'auth_time', 'nonce', 'at_hash']);

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** 53 bits of a text (cyrb53). Keeps a key out of lock names; keeps nothing secret from a page of the same origin. */
function digest(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2_654_435_761);
    b = Math.imul(b ^ unit, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return (4_294_967_296 * (2_097_151 & b) + (a >>> 0)).toString(36);
}
