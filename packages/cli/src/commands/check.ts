import {
  checkDefaults,
  checkFlaw,
  checkInputSchema,
  explain,
  SECRET_NAMES,
  SERVICE_KINDS,
  targetFlaw,
  type CheckInput,
  type ServiceKind,
} from '@statewire/model';
import { createEgress, createProbers, limits, systemClock, type CheckPlan, type ProbeResult } from '@statewire/server';
import { number, text, UsageError, type Args, type Command, type Terminal } from '../command.ts';

/** `statewire check http://localhost:3000/mcp`, `statewire check postgres://me@db/shop` or `statewire check -- npx some-mcp-server` */
export const check: Command = {
  name: 'check',
  usage:
    'statewire check <url | host:port | name> [--kind KIND] [--timeout MS] [--header "Name: value"] [--set NAME=VALUE] ' +
    '[--secret NAME[=VALUE]] [--condition TEXT] [--degraded TEXT] | statewire check -- COMMAND ARGS',
  summary: 'Probe something once and say what was found.',
  options: {
    kind: { type: 'string' },
    timeout: { type: 'string' },
    header: { type: 'string', multiple: true },
    set: { type: 'string', multiple: true },
    secret: { type: 'string', multiple: true },
    condition: { type: 'string', multiple: true },
    degraded: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  },
  async run(terminal, args) {
    const plan = planOf(terminal, args);
    // The person at this terminal is the operator: their own machine and network may be probed.
    const egress = createEgress({ mode: 'any', allow: [], clock: systemClock });
    const probers = createProbers({ clock: systemClock, egress, limits, env: terminal.env, onTrip: () => {} });
    try {
      const result = await probers.probe(plan);
      terminal.out(
        args.values['json'] === true
          ? JSON.stringify({ ...result.observation, tools: toolNames(result) })
          : describe(plan, result),
      );
      return result.observation.verdict === 'healthy' ? 0 : 1;
    } finally {
      await probers.close();
    }
  },
};

function planOf(terminal: Terminal, args: Args): CheckPlan {
  const [target, ...rest] = args.positionals;
  if (target === undefined)
    throw new UsageError('found nothing to check, expected a URL, host:port or a command after --');
  const asked = kindOf(text(args, 'kind'));
  const aim = rest.length > 0 ? null : aimOf(target, asked);
  const kind = aim?.kind ?? asked ?? 'mcp';
  const timeoutMs = number(args, 'timeout', { fallback: 10_000, min: 100, max: 120_000 });
  const given = inputOf(args, kind, { timeoutMs, set: aim?.settings ?? {} });
  const flaw = aim === null ? null : (targetFlaw(kind, aim.target) ?? checkFlaw(kind, given));
  if (flaw !== null) throw new UsageError(flaw);
  return {
    ...checkDefaults(kind, given),
    id: 'check',
    org: 'main',
    version: 0,
    createdAt: 0,
    updatedAt: 0,
    observedAt: null,
    labels: {},
    source: null,
    service: 'check',
    kind,
    target: aim?.target ?? 'stdio:command',
    secrets: [],
    managedBy: 'cli',
    secretHeaders: headersOf(args),
    credentials: secretsOf(terminal, args),
    command: aim === null ? { argv: [target, ...rest], env: inherited(terminal), cwd: null } : null,
  };
}

/** What is checked, when it is no command: a word with neither scheme nor port is one, unless a kind was asked for. */
interface Aim {
  readonly kind: ServiceKind;
  readonly target: string;
  readonly settings: Readonly<Record<string, string>>;
}

function aimOf(target: string, asked: ServiceKind | undefined): Aim | null {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+]*):\/\/(.+)$/iu.exec(target) ?? [];
  const known = SCHEMES.get(scheme.toLowerCase());
  if (known !== undefined) return schemed(known, rest, asked);
  const isUrl = scheme !== '';
  if (isUrl) return { kind: asked ?? (/^wss?$/iu.test(scheme) ? 'websocket' : 'mcp'), target, settings: {} };
  if (asked !== undefined && asked !== 'mcp') return { kind: asked, target, settings: {} };
  return /^[^/\s]+:\d{1,5}$/u.test(target) ? { kind: asked ?? 'tcp', target, settings: {} } : null;
}

/** `postgres://user@host:port/database`: the parts of a URL that a kind has a place for. */
function schemed(
  { kind, port }: { readonly kind: ServiceKind; readonly port: number },
  rest: string,
  asked: ServiceKind | undefined,
): Aim {
  const [authority = '', path = ''] = rest.split('/', 2);
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? '' : authority.slice(0, at);
  if (user.includes(':')) throw new UsageError('found a password in the URL; give it with --secret password');
  const place = authority.slice(at + 1);
  const hasDatabase = (kind === 'postgres' || kind === 'mysql') && path !== '';
  return {
    kind: asked ?? kind,
    target: port === 0 || /:\d+$/u.test(place) ? place : `${place}:${port}`,
    settings: {
      ...(user === '' ? {} : { user: decodeURIComponent(user) }),
      ...(hasDatabase ? { database: decodeURIComponent(path) } : {}),
    },
  };
}

const SCHEMES: ReadonlyMap<string, { readonly kind: ServiceKind; readonly port: number }> = new Map<
  string,
  { readonly kind: ServiceKind; readonly port: number }
>([
  ['postgres', { kind: 'postgres', port: 5432 }],
  ['postgresql', { kind: 'postgres', port: 5432 }],
  ['mysql', { kind: 'mysql', port: 3306 }],
  ['redis', { kind: 'redis', port: 6379 }],
  ['nats', { kind: 'nats', port: 4222 }],
  ['mqtt', { kind: 'mqtt', port: 1883 }],
  ['grpc', { kind: 'grpc', port: 443 }],
  ['tls', { kind: 'tls', port: 443 }],
  ['dns', { kind: 'dns', port: 0 }],
  ['icmp', { kind: 'icmp', port: 0 }],
]);

function kindOf(asked: string | undefined): ServiceKind | undefined {
  if (asked === undefined) return undefined;
  const kind = PROBED.find((known) => known === asked);
  if (kind === undefined) throw new UsageError(`--kind: found ${asked}, expected one of ${PROBED.join(', ')}`);
  return kind;
}

/** Kinds that are looked at from here. A heartbeat calls in, and a group is made of others. */
const PROBED: readonly ServiceKind[] = SERVICE_KINDS.filter((kind) => !['heartbeat', 'group'].includes(kind));

/** The settings as the API would take them, so that what works here works there. */
function inputOf(
  args: Args,
  kind: ServiceKind,
  { timeoutMs, set }: { readonly timeoutMs: number; readonly set: Readonly<Record<string, string>> },
): CheckInput {
  const own = Object.fromEntries(many(args, 'set').map((line) => pairOf('set', line, '=')));
  const probe = { ...set, ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, valueOf(value)])) };
  const raw = {
    timeoutMs,
    mode: 'fresh',
    conditions: many(args, 'condition'),
    degradedConditions: many(args, 'degraded'),
    ...(Object.keys(probe).length === 0 ? {} : { probe: { kind, ...probe } }),
  };
  const read = checkInputSchema.safeParse(raw);
  if (!read.success) throw new UsageError(explain(read.error, raw));
  return read.data;
}

/** `3`, `true`, `["a"]` and `null` are JSON; anything else is a text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** `--secret password=x`, or `--secret password` for what stands in STATEWIRE_SECRET_PASSWORD: a command line is seen by others. */
function secretsOf(terminal: Terminal, args: Args): Record<string, string> {
  return Object.fromEntries(
    many(args, 'secret').map((line) => {
      const [name, given] = line.includes('=') ? pairOf('secret', line, '=') : [line, undefined];
      const known = SECRET_NAMES.find((secret) => secret === name);
      if (known === undefined) throw new UsageError(`--secret: found ${name}, expected ${SECRET_NAMES.join(' or ')}`);
      const variable = `STATEWIRE_SECRET_${known.toUpperCase()}`;
      const value = given ?? terminal.env[variable];
      if (value === undefined) throw new UsageError(`--secret ${known}: found no value, expected one in ${variable}`);
      return [known, value] as const;
    }),
  );
}

function headersOf(args: Args): Record<string, string> {
  return Object.fromEntries(many(args, 'header').map((line) => pairOf('header', line, ':')));
}

function many(args: Args, name: string): readonly string[] {
  const given = args.values[name];
  return Array.isArray(given) ? given.filter((line) => typeof line === 'string') : [];
}

function pairOf(option: string, line: string, separator: ':' | '='): readonly [name: string, value: string] {
  const at = line.indexOf(separator);
  const expected = separator === ':' ? '"Name: value"' : 'NAME=VALUE';
  if (at < 1) throw new UsageError(`--${option}: found "${line}", expected ${expected}`);
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

/** A command typed at a terminal runs with that terminal's environment, as the shell would run it. */
function inherited(terminal: Terminal): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(terminal.env)) if (value !== undefined) all[name] = value;
  return all;
}

function toolNames(result: ProbeResult): readonly string[] {
  return result.inventory?.tools.map((tool) => tool.name) ?? [];
}

const MARK = { ok: '+', warn: '!', fail: 'x', unknown: '?', skip: '-' } as const;

/** The result in lines a person reads: the verdict first, then each fact, then what the server said of itself. */
function describe(plan: CheckPlan, result: ProbeResult): string {
  const { verdict, reason, ms, facts, mcp } = result.observation;
  const lines = [`${verdict}: ${reason.text} (${Math.round(ms)} ms)`];
  for (const [name, fact] of Object.entries(facts)) {
    lines.push(`  ${MARK[fact.v]} ${name.padEnd(12)} ${fact.code.padEnd(16)} ${fact.text}`);
  }
  if (plan.kind === 'mcp' && mcp !== null) {
    lines.push(
      `  ${mcp.serverName} ${mcp.serverVersion}, MCP ${mcp.protocolVersion} (${mcp.era === 'unknown' ? 'era unknown' : mcp.era}) over ${mcp.transport}`,
    );
    const tools = toolNames(result);
    if (tools.length > 0) lines.push(`  ${tools.length} tools: ${tools.join(', ')}`);
  }
  if (result.evidence !== null)
    lines.push(
      '  it said:',
      ...result.evidence
        .trim()
        .split('\n')
        .map((line) => `    ${line}`),
    );
  return lines.join('\n');
}
