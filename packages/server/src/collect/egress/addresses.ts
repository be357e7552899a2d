import ipaddr from 'ipaddr.js';

/** An address range an operator opened, and for which ports (all when absent). */
export interface AllowRule {
  readonly cidr: string;
  readonly ports?: readonly number[] | undefined;
}

/**
 * Why an address must not be contacted from a public-only egress, or null when it is an ordinary public one.
 * Everything that is not plainly public is denied: new special ranges are closed until somebody opens them.
 */
export function denialOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return 'no valid address';
  const inner = unwrap(ipaddr.parse(address));
  const range = inner.range();
  if (range !== 'unicast') return DENIALS.get(range) ?? 'reserved';
  if (inner instanceof ipaddr.IPv4) return METADATA.has(inner.toString()) ? 'a cloud metadata address' : null;
  // Only 2000::/3 is handed out as global unicast; ipaddr.js calls the rest of the space unicast too.
  return ((inner.parts[0] ?? 0) & 0xe000) === 0x2000 ? null : 'reserved';
}

/** Compiles the operator's ranges. Throws a sentence for the operator when one cannot be read: fail closed at start. */
export function compileAllow(rules: readonly AllowRule[]): (address: string, port: number) => boolean {
  const compiled = rules.map((rule) => {
    if (!ipaddr.isValidCIDR(rule.cidr)) {
      throw new Error(`egress.allow: found "${rule.cidr}", expected a range such as 10.0.0.0/8 or fd00::/8`);
    }
    return { range: ipaddr.parseCIDR(rule.cidr), ports: rule.ports === undefined ? null : new Set(rule.ports) };
  });
  return (address, port) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    // A range is meant in its own family: 10.0.0.0/8 also covers ::ffff:10.0.0.1, which reaches the same host.
    const forms = [parsed, unwrap(parsed)];
    return compiled.some(
      ({ range: [base, bits], ports }) =>
        (ports === null || ports.has(port)) &&
        forms.some((form) => form.kind() === base.kind() && form.match(base, bits)),
    );
  };
}

/** The IPv4 address inside ::ffff:a.b.c.d, ::a.b.c.d and 64:ff9b::a.b.c.d, which reach that IPv4 host; else itself. */
function unwrap(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const parts = address.parts;
  const isCompatible = parts.slice(0, 6).every((part) => part === 0) && (parts[6] ?? 0) + (parts[7] ?? 0) > 1;
  const isNat64 = parts[0] === 0x64 && parts[1] === 0xff9b && parts.slice(2, 6).every((part) => part === 0);
  if (!isCompatible && !isNat64) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

/** Metadata services that live inside public address space (Azure's wire server). */
const METADATA: ReadonlySet<string> = new Set(['168.63.129.16']);

const DENIALS: ReadonlyMap<string, string> = new Map([
  ['loopback', 'a loopback address'],
  ['private', 'a private address'],
  ['uniqueLocal', 'a private address'],
  ['linkLocal', 'a link-local address (cloud metadata lives there)'],
  ['carrierGradeNat', 'a carrier-grade NAT address'],
  ['multicast', 'a multicast address'],
  ['broadcast', 'the broadcast address'],
  ['unspecified', 'the unspecified address (this host)'],
  ['6to4', 'a 6to4 address, which tunnels to an IPv4 host'],
  ['teredo', 'a Teredo address, which tunnels to an IPv4 host'],
]);
