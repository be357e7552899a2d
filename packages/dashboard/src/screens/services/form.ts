import {
  type Check,
  type CheckInput,
  checkInputSchema,
  type Service,
  type ServiceCreate,
  type ServiceKind,
  serviceCreateSchema,
  targetFlaw,
} from '@statewire/model';

/** The form as typed: every field a string or a switch, so that half-typed input is never lost. */
export interface Draft {
  readonly kind: ServiceKind;
  readonly name: string;
  readonly id: string;
  readonly target: string;
  readonly description: string;
  readonly group: string;
  /** One `key=value` per line. */
  readonly labels: string;
  readonly interval: string;
  readonly timeout: string;
  readonly failAfter: string;
  readonly recoverAfter: string;
  readonly degradedMs: string;
  readonly grace: string;
  readonly mode: 'hold' | 'fresh';
  readonly canaryTool: string;
  readonly canaryArgs: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly expectStatus: string;
  readonly keyword: string;
  readonly followRedirects: boolean;
  readonly certificateDays: string;
  /** One `Name: value` per line. */
  readonly headers: string;
  readonly secretHeaders: string;
}

export type Errors = Readonly<Partial<Record<keyof Draft, string>>>;

export const emptyDraft: Draft = {
  kind: 'mcp',
  name: '',
  id: '',
  target: '',
  description: '',
  group: '',
  labels: '',
  interval: '30',
  timeout: '10',
  failAfter: '3',
  recoverAfter: '2',
  degradedMs: '',
  grace: '',
  mode: 'hold',
  canaryTool: '',
  canaryArgs: '',
  method: 'GET',
  expectStatus: '200-299',
  keyword: '',
  followRedirects: false,
  certificateDays: '14',
  headers: '',
  secretHeaders: '',
};

/** What is on record, as the form shows it. Secret values are never known here; empty means unchanged. */
export function draftOf(service: Service, check: Check | null): Draft {
  return {
    ...emptyDraft,
    kind: service.kind,
    name: service.name,
    id: service.id,
    target: service.target,
    description: service.description,
    group: service.group,
    labels: Object.entries(service.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    ...(check === null
      ? {}
      : {
          interval: seconds(check.intervalMs),
          timeout: seconds(check.timeoutMs),
          failAfter: String(check.failAfter),
          recoverAfter: String(check.recoverAfter),
          degradedMs: check.degradedMs === null ? '' : String(check.degradedMs),
          grace: check.graceMs === null ? '' : seconds(check.graceMs),
          mode: check.mode,
          canaryTool: check.canary?.tool ?? '',
          canaryArgs:
            check.canary === null || Object.keys(check.canary.args).length === 0
              ? ''
              : JSON.stringify(check.canary.args, null, 2),
          method: check.method,
          expectStatus: check.expectStatus.join(', '),
          keyword: check.keyword ?? '',
          followRedirects: check.followRedirects,
          certificateDays: String(check.certificateDays),
          headers: Object.entries(check.headers)
            .map(([key, value]) => `${key}: ${value}`)
            .join('\n'),
        }),
  };
}

/**
 * The body to send, or what is wrong with which field. The rules are the model's own schemas, the same ones the
 * server asks; here they only speak sooner.
 */
export function readDraft(
  draft: Draft,
): { readonly ok: true; readonly body: ServiceCreate } | { readonly ok: false; readonly errors: Errors } {
  const errors: { -readonly [K in keyof Errors]: string } = {};
  const labels = readPairs(draft.labels, '=');
  if (typeof labels === 'string') errors.labels = labels;
  const headers = readPairs(draft.headers, ':');
  if (typeof headers === 'string') errors.headers = headers;
  const secretHeaders = readPairs(draft.secretHeaders, ':');
  if (typeof secretHeaders === 'string') errors.secretHeaders = secretHeaders;
  const args = readArgs(draft.canaryArgs);
  if (typeof args === 'string') errors.canaryArgs = args;
  const flaw = targetFlaw(draft.kind, draft.target.trim());
  if (flaw !== null) errors.target = flaw.replace(/^target: /u, '');
  if (
    typeof labels === 'string' ||
    typeof headers === 'string' ||
    typeof secretHeaders === 'string' ||
    typeof args === 'string'
  )
    return { ok: false, errors };

  const check = checkOf(draft, headers, secretHeaders, args);
  const body = {
    ...(draft.id.trim() === '' ? {} : { id: draft.id.trim() }),
    name: draft.name.trim(),
    kind: draft.kind,
    ...(draft.kind === 'heartbeat' || draft.kind === 'group' ? {} : { target: draft.target.trim() }),
    description: draft.description.trim(),
    group: draft.group.trim(),
    labels,
    // A group is not checked; its members are.
    ...(draft.kind === 'group' ? {} : { check }),
  };
  const checked = checkInputSchema.safeParse(check);
  for (const issue of checked.success ? [] : checked.error.issues) {
    const field = fields[String(issue.path[0])];
    if (field !== undefined) errors[field] ??= text(issue, field);
  }
  const parsed = serviceCreateSchema.safeParse(body);
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    const [first] = issue.path;
    if (first === 'check') continue;
    const field = fields[String(first)];
    if (field !== undefined) errors[field] ??= text(issue, field);
  }
  return parsed.success && Object.keys(errors).length === 0 ? { ok: true, body: parsed.data } : { ok: false, errors };
}

/** Settings a kind does not have are left out, so that a check says only what it means. */
function checkOf(draft: Draft, headers: Pairs, secretHeaders: Pairs, args: CheckArgs): CheckInput {
  const common: CheckInput = {
    intervalMs: ms(draft.interval),
    failAfter: whole(draft.failAfter),
    recoverAfter: whole(draft.recoverAfter),
  };
  if (draft.kind === 'heartbeat')
    return { intervalMs: common.intervalMs, ...(draft.grace.trim() === '' ? {} : { graceMs: ms(draft.grace) }) };
  const probed: CheckInput = {
    ...common,
    timeoutMs: ms(draft.timeout),
    degradedMs: draft.degradedMs.trim() === '' ? null : whole(draft.degradedMs),
  };
  const secret = Object.keys(secretHeaders).length === 0 ? {} : { secretHeaders };
  switch (draft.kind) {
    case 'mcp':
      return {
        ...probed,
        mode: draft.mode,
        canary: draft.canaryTool.trim() === '' ? null : { tool: draft.canaryTool.trim(), args },
        headers,
        ...secret,
      };
    case 'http':
      return {
        ...probed,
        method: draft.method,
        expectStatus: draft.expectStatus.split(/[\s,]+/u).filter((part) => part !== ''),
        keyword: draft.keyword === '' ? null : draft.keyword,
        followRedirects: draft.followRedirects,
        headers,
        ...secret,
      };
    case 'tls':
      return { ...probed, certificateDays: whole(draft.certificateDays) };
    case 'a2a':
    case 'langgraph':
    case 'openai':
    case 'websocket':
    case 'grpc':
      return { ...probed, headers, ...secret };
    case 'group':
      return {};
    case 'tcp':
    case 'dns':
    case 'icmp':
    case 'postgres':
    case 'mysql':
    case 'redis':
    case 'nats':
    case 'mqtt':
      return probed;
    default:
      return draft.kind satisfies never;
  }
}

type Pairs = Readonly<Record<string, string>>;
type CheckArgs = NonNullable<CheckInput['canary']>['args'];

const fields: Readonly<Record<string, keyof Draft>> = {
  id: 'id',
  name: 'name',
  target: 'target',
  description: 'description',
  group: 'group',
  labels: 'labels',
  intervalMs: 'interval',
  timeoutMs: 'timeout',
  connectTimeoutMs: 'timeout',
  failAfter: 'failAfter',
  recoverAfter: 'recoverAfter',
  degradedMs: 'degradedMs',
  graceMs: 'grace',
  canary: 'canaryTool',
  expectStatus: 'expectStatus',
  keyword: 'keyword',
  certificateDays: 'certificateDays',
  headers: 'headers',
  secretHeaders: 'secretHeaders',
};

// Ranges in the units of the form; the schema's own messages speak of milliseconds.
const ranges: Readonly<Partial<Record<keyof Draft, string>>> = {
  interval: 'Between 1 second and 31 days.',
  timeout: 'Between 0.1 and 300 seconds.',
  grace: 'Between 0 seconds and 31 days.',
  failAfter: 'A whole number from 1 to 10.',
  recoverAfter: 'A whole number from 1 to 10.',
  degradedMs: 'A whole number of milliseconds, up to 300000.',
  certificateDays: 'A whole number of days, up to 3650.',
};

function text(issue: { readonly message: string }, field: keyof Draft): string {
  const message = ranges[field] ?? issue.message.replace(/^target: /u, '');
  return message.charAt(0).toUpperCase() + message.slice(1);
}

function readPairs(raw: string, separator: '=' | ':'): Pairs | string {
  const result: Record<string, string> = {};
  for (const [i, line] of raw.split('\n').entries()) {
    if (line.trim() === '') continue;
    const at = line.indexOf(separator);
    if (at < 1) return `Line ${i + 1}: expected ${separator === '=' ? 'key=value' : 'Name: value'}.`;
    result[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return result;
}

function readArgs(raw: string): CheckArgs | string {
  if (raw.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: JSON.parse gives JSON, and an object of it is a JSON object.
        (value as CheckArgs)
      : 'Expected a JSON object, such as {"path": "/"}.';
  } catch (error) {
    if (error instanceof SyntaxError) return 'This is not JSON yet.';
    throw error;
  }
}

function seconds(valueMs: number): string {
  return String(valueMs / 1000);
}

// NaN is left for the schema to refuse, in its own place and words.
function ms(text: string): number {
  return Math.round(number(text) * 1000);
}

function whole(text: string): number {
  return number(text);
}

function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
