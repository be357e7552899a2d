import { checkDefaults, type ServiceKind } from '@statewire/model';
import { createEgress, createProbers, limits, systemClock, type CheckPlan, type ProbeResult } from '@statewire/server';
import { number, text, UsageError, type Args, type Command, type Terminal } from '../command.ts';

/** `statewire check http://localhost:3000/mcp` or `statewire check -- npx some-mcp-server` */
export const check: Command = {
  name: 'check',
  usage:
    'statewire check <url | host:port> [--kind mcp|http|tcp|tls] [--timeout MS] [--header "Name: value"] | statewire check -- COMMAND ARGS',
  summary: 'Probe something once and say what was found.',
  options: {
    kind: { type: 'string' },
    timeout: { type: 'string' },
    header: { type: 'string', multiple: true },
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
  const isUrl = /^https?:\/\//u.test(target);
  const isAddress = /^[^/\s]+:\d{1,5}$/u.test(target);
  const isCommand = rest.length > 0 || (!isUrl && !isAddress);
  const kind = kindOf(text(args, 'kind'), isCommand || isUrl ? 'mcp' : 'tcp');
  const timeoutMs = number(args, 'timeout', { fallback: 10_000, min: 100, max: 120_000 });
  const settings = checkDefaults(kind, { timeoutMs, mode: 'fresh' });
  return {
    ...settings,
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
    target: isCommand ? 'stdio:command' : target,
    secrets: [],
    managedBy: 'cli',
    secretHeaders: headersOf(args),
    credentials: {},
    command: isCommand ? { argv: [target, ...rest], env: inherited(terminal), cwd: null } : null,
  };
}

function kindOf(asked: string | undefined, fallback: ServiceKind): ServiceKind {
  if (asked === undefined) return fallback;
  if (asked === 'mcp' || asked === 'http' || asked === 'tcp' || asked === 'tls') return asked;
  throw new UsageError(`--kind: found ${asked}, expected mcp, http, tcp or tls`);
}

function headersOf(args: Args): Record<string, string> {
  const given = args.values['header'];
  const lines = Array.isArray(given) ? given.filter((line) => typeof line === 'string') : [];
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      if (at < 1) throw new UsageError(`--header: found "${line}", expected "Name: value"`);
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
    }),
  );
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
      `  ${mcp.serverName} ${mcp.serverVersion}, MCP ${mcp.protocolVersion} (${mcp.era}) over ${mcp.transport}`,
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
