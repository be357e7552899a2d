import type { Connection } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import type { Call } from './traces.ts';

/** All calls of one agent to one service in one request: one report. */
export interface Edge {
  readonly agent: string;
  readonly service: string;
  readonly calls: readonly Call[];
}

type ToolUse = Connection['tools'][number];

const TOOLS_MAX = 50;

/** The fields of a report on an edge: its newest state, and totals that go on from what the record has. */
export function reportOf({ agent, service, calls }: Edge, before: Row | null, periodMs: number | null): object {
  const newest = calls.reduce((held, call) => ((call.at ?? 0) >= (held.at ?? 0) ? call : held));
  const failures = calls.filter(({ error }) => error !== '');
  const times = calls.flatMap(({ ms }) => (ms === null ? [] : [ms])).toSorted((a, b) => a - b);
  const p50 = times.length === 0 ? null : (times[Math.ceil(times.length / 2) - 1] ?? null);
  const max = times.at(-1) ?? null;
  const { health, phase, code } = newest.said;
  const isWell = code === '';
  return {
    agent,
    service,
    health,
    phase,
    ...(isWell ? {} : { reason: { code, text: [newest.error, newest.text].filter((word) => word !== '').join(': ') } }),
    ...(newest.at === null ? {} : { observedAt: Math.floor(newest.at) }),
    ...(p50 === null ? {} : { latencyMs: p50 }),
    ...(periodMs === null ? {} : { periodMs }),
    ...(newest.session === null ? {} : { sessionId: newest.session }),
    ...(newest.protocol === null ? {} : { protocolVersion: newest.protocol }),
    calls: total(before?.['calls'], calls.length),
    errors: total(before?.['errors'], failures.length),
    ...(failures.length === 0 ? {} : { lastErrorCode: failures.at(-1)?.error }),
    tools: toolsAfter(before?.['tools'], calls),
    facts: {
      calls: {
        v: health === 'healthy' ? 'ok' : health === 'degraded' ? 'warn' : 'fail',
        code: isWell ? 'ok' : code,
        text: `${calls.length} calls, ${failures.length} errors${p50 === null ? '' : `, p50 ${p50.toFixed(1)} ms, max ${max?.toFixed(1)} ms`}`,
        ms: max,
      },
    },
  };
}

function total(before: unknown, more: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, (typeof before === 'number' ? before : 0) + more);
}

function toolsAfter(before: unknown, calls: readonly Call[]): readonly ToolUse[] {
  const tools = new Map<string, { name: string; calls: number; errors: number }>();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the row of a connection holds a list of these.
  for (const { name, calls: made, errors } of (before ?? []) as readonly ToolUse[]) {
    tools.set(name, { name, calls: made, errors });
  }
  for (const { tool, error } of calls) {
    if (tool.trim() === '') continue;
    const { calls: made, errors } = tools.get(tool) ?? { calls: 0, errors: 0 };
    tools.set(tool, { name: tool, calls: made + 1, errors: errors + (error === '' ? 0 : 1) });
  }
  return [...tools.values()].toSorted((a, b) => b.calls - a.calls).slice(0, TOOLS_MAX);
}
