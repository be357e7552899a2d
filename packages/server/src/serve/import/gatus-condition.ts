/**
 * Gatus' conditions in our language. There everything is compared as text; here by type, so that a number or a flag is
 * accepted in both forms. What speaks of things a check here does not see leaves the endpoint.
 */
import { LeftError } from './plan.ts';

/** What an endpoint's conditions come to. */
export interface Conditions {
  readonly conditions: readonly string[];
  /** Fields of the check that say the same. */
  readonly degradedMs: number | null;
  readonly certificateDays: number | null;
  /** DNS: values that must be among the answers. */
  readonly expect: readonly string[];
}

/** Translates the conditions of an endpoint of one of our kinds. */
export function conditionsOf(texts: readonly string[], kind: string, notes: string[]): Conditions {
  const conditions: string[] = [];
  const expect: string[] = [];
  let degradedMs: number | null = null;
  let certificateDays: number | null = null;
  for (const text of texts) {
    const { left, operator, right } = split(text);
    if (left.is === 'connected' || left.is === 'rcode') {
      if (isImplied(left.is, operator, right)) continue;
      throw unfit(text);
    }
    if (left.is === 'latency' && !WITH_LATENCY.has(kind)) {
      const ms = Number(right);
      if (!operator.startsWith('<') || !(ms > 0)) throw unfit(text);
      degradedMs = ms;
      notes.push(`${quoted(text)} makes it degraded here, not down`);
      continue;
    }
    if (left.is === 'certificate' && !WITH_CERTIFICATE.has(kind)) {
      const ms = durationOf(right);
      if (ms === null || kind !== 'tls' || !operator.startsWith('>')) throw unfit(text);
      certificateDays = Math.ceil(ms / 86_400_000);
      notes.push(`${quoted(text)} makes it degraded here, not down`);
      continue;
    }
    if (kind === 'dns' && left.is === 'body' && operator === '==' && !/^(any|pat)\(/.test(right)) {
      expect.push(right);
      continue;
    }
    conditions.push(conditionOf(text, { kind, left, operator, right }));
  }
  return { conditions, degradedMs, certificateDays, expect };
}

type Left =
  | { readonly is: 'body' | 'certificate' | 'connected' | 'latency' | 'rcode' | 'status' }
  | { readonly is: 'path'; readonly path: string }
  | { readonly is: 'length'; readonly path: string }
  | { readonly is: 'has'; readonly path: string };

const WITH_LATENCY: ReadonlySet<string> = new Set(['http', 'websocket', 'dns', 'icmp', 'grpc']);
const WITH_CERTIFICATE: ReadonlySet<string> = new Set(['http', 'websocket', 'grpc']);

function split(text: string): { readonly left: Left; readonly operator: string; readonly right: string } {
  const found = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(text.trim());
  if (found === null) throw unfit(text);
  const left = leftOf(found[1] ?? '');
  if (left === null) throw unfit(text);
  return { left, operator: found[2] ?? '', right: unquoted((found[3] ?? '').trim()) };
}

function leftOf(text: string): Left | null {
  const wrapped = /^(len|has)\((.*)\)$/i.exec(text.trim());
  const inner = (wrapped?.[2] ?? text).trim();
  const path = pathOf(inner);
  if (wrapped !== null) {
    if (path === null) return null;
    return { is: wrapped[1]?.toLowerCase() === 'len' ? 'length' : 'has', path };
  }
  const plain = PLAIN[inner.toUpperCase()];
  if (plain !== undefined) return { is: plain };
  return path === null ? null : { is: 'path', path };
}

const PLAIN: Readonly<Record<string, 'body' | 'certificate' | 'connected' | 'latency' | 'rcode' | 'status'>> = {
  '[STATUS]': 'status',
  '[RESPONSE_TIME]': 'latency',
  '[CERTIFICATE_EXPIRATION]': 'certificate',
  '[BODY]': 'body',
  '[CONNECTED]': 'connected',
  '[DNS_RCODE]': 'rcode',
};

/** `[BODY].a.b[0]` as `json.a.b[0]`, `[HEADER].Name` as `header["name"]`. */
function pathOf(text: string): string | null {
  const header = /^\[HEADER\]\.([A-Za-z0-9-]{1,100})$/i.exec(text)?.[1];
  if (header !== undefined) return `header[${JSON.stringify(header.toLowerCase())}]`;
  const body = /^\[BODY\](.*)$/i.exec(text)?.[1];
  if (body === undefined) return null;
  if (body === '') return 'json';
  let path = 'json';
  let rest = body.startsWith('.') || body.startsWith('[') ? body : `.${body}`;
  while (rest !== '') {
    const step = /^(?:\.([^.[\]]{1,100})|\[(\d{1,6})\])/.exec(rest);
    if (step === null) return null;
    const name = step[1];
    if (name === undefined) path += `[${step[2] ?? ''}]`;
    else path += /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    rest = rest.slice(step[0].length);
  }
  return path;
}

function isImplied(what: 'connected' | 'rcode', operator: string, right: string): boolean {
  return operator === '==' && right.toUpperCase() === (what === 'connected' ? 'TRUE' : 'NOERROR');
}

function conditionOf(
  text: string,
  what: { readonly kind: string; readonly left: Left; readonly operator: string; readonly right: string },
): string {
  const { kind, left, operator, right } = what;
  if (left.is === 'has') {
    if (kind !== 'http' || (operator !== '==' && operator !== '!=')) throw unfit(text);
    const isWanted = (right.toLowerCase() === 'true') === (operator === '==');
    return `${left.path} ${isWanted ? '!=' : '=='} null`;
  }
  const subject = subjectOf(left, kind);
  if (subject === null) throw unfit(text);
  if (left.is === 'latency' || left.is === 'certificate') {
    const ms = left.is === 'latency' && /^\d+(\.\d+)?$/.test(right) ? Number(right) : durationOf(right);
    if (ms === null) throw unfit(text);
    return `${subject} ${operator} ${Math.round(ms)}ms`;
  }
  const isEqual = operator === '==' || operator === '!=';
  const any = /^any\((.*)\)$/s.exec(right)?.[1];
  if (any !== undefined) {
    if (!isEqual) throw unfit(text);
    const items = any.split(',').flatMap((item) => literals(unquoted(item.trim())));
    return negated(operator, `${subject} in [${items.join(', ')}]`);
  }
  const pattern = /^pat\((.*)\)$/s.exec(right)?.[1];
  if (pattern !== undefined) {
    if (!isEqual || left.is === 'status' || left.is === 'length') throw unfit(text);
    return negated(operator, matchOf(subject, unquoted(pattern)));
  }
  if (!isEqual) {
    if (!/^-?\d+(\.\d+)?$/.test(right)) throw unfit(text);
    return `${subject} ${operator} ${right}`;
  }
  if (left.is === 'status' || left.is === 'length') {
    if (!/^\d+$/.test(right)) throw unfit(text);
    return `${subject} ${operator} ${right}`;
  }
  // Headers and texts are never numbers.
  const values = left.is === 'body' || subject.startsWith('header') ? [JSON.stringify(right)] : literals(right);
  const [only = '""'] = values;
  if (values.length === 1) return `${subject} ${operator} ${only}`;
  return negated(operator, `${subject} in [${values.join(', ')}]`);
}

function subjectOf(left: Left, kind: string): string | null {
  switch (left.is) {
    case 'status':
      return kind === 'http' ? 'status' : null;
    case 'latency':
      return 'latency';
    case 'certificate':
      return 'certificate';
    case 'body':
      return kind === 'dns' ? 'value' : kind === 'http' || kind === 'websocket' ? 'body' : null;
    case 'path':
      return kind === 'http' || (kind === 'websocket' && left.path.startsWith('json')) ? left.path : null;
    case 'length':
      return kind === 'http' ? `len(${left.path})` : null;
    default:
      return null;
  }
}

/** `*` stands for anything. What begins and ends with it and has none inside is a plain search. */
function matchOf(subject: string, pattern: string): string {
  const inner = /^\*([^*]+)\*$/.exec(pattern)?.[1];
  if (inner !== undefined) return `${subject} contains ${JSON.stringify(inner)}`;
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\/]/g, String.raw`\$&`))
    .join('.*');
  return `${subject} matches /^${source}$/`;
}

function negated(operator: string, condition: string): string {
  return operator === '!=' ? `!(${condition})` : condition;
}

/** A value as JSON may hold it: as text, and as what the text spells. */
function literals(text: string): readonly string[] {
  const isTyped = /^-?\d+(\.\d+)?$|^(true|false|null)$/.test(text);
  return isTyped ? [text, JSON.stringify(text)] : [JSON.stringify(text)];
}

function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}

/** A duration as Go writes it: `48h`, `1h30m`, `500ms`. Milliseconds, or null. */
export function durationOf(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return null;
  let ms = 0;
  for (const [, value, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(value) * (UNITS[unit ?? ''] ?? 0);
  }
  return ms;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function unfit(text: string): LeftError {
  return new LeftError(
    `its condition ${quoted(text)} has no match here`,
    'write it by hand: docs/reference/conditions.md',
  );
}
