import { z } from 'zod';
import { briefOf, briefShape, isoOf, lineOf, part } from '../brief.ts';
import { nameOf, STATUS_SUBJECTS, statusWordOf, type Desk } from '../desk.ts';
import { need, quoted, tool, type AnyTool } from '../tool.ts';
import { transitionSchema, transitionsOf } from '../transitions.ts';

const DAY_MS = 86_400_000;

/** Why one record is what it is. */
export const explainStatus: AnyTool = tool({
  name: 'explain_status',
  title: 'Explain a status',
  description:
    'Explains the status of one service, agent or connection: reason, since when, every measured fact with its last value, what it depends on and how that is, open alerts about it, and its last changes.',
  input: z.object({
    record: z.string().min(1).max(200).describe('collection/id such as services/shop, an id, or an exact name'),
  }),
  output: z.object({
    asOf: z.string().nullable(),
    record: z.object(briefShape),
    observedAt: z.string().nullable(),
    verified: z.string().describe('How fresh the last observation is: never, live, late or expired'),
    facts: z.array(
      z.object({
        name: z.string(),
        verdict: z.string(),
        code: z.string(),
        text: z.string(),
        ms: z.number().nullable(),
        since: z.string().nullable(),
      }),
    ),
    overlay: z.array(z.string()).describe('What lies over the status: maintenance, muted, acknowledged, set by hand'),
    dependsOn: z.array(z.object({ ref: z.string(), name: z.string(), status: z.string() })),
    alerts: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        severity: z.string(),
        state: z.string(),
        startedAt: z.string().nullable(),
        acknowledgedBy: z.string().nullable(),
      }),
    ),
    transitions: z.array(transitionSchema),
  }),
  isOffered: (desk) => desk.mayRead('services'),
  run: async (desk, { record }) => {
    const { collection, entry } = need(desk.resolve(record, STATUS_SUBJECTS));
    const { row, id } = entry;
    const brief = briefOf(collection, entry, desk.now);
    const facts = factsOf(row['facts']);
    const overlay = overlayOf(row);
    const dependsOn = dependenciesOf(desk, row['dependsOn']);
    const alerts = alertsOn(desk, brief.ref);
    const transitions = await transitionsOf(desk, { collection, id }, { fromMs: 30 * DAY_MS, limit: 10 });
    const lines = [
      lineOf(brief).slice(2),
      ...facts.map(
        ({ name, verdict, text, ms, since }) =>
          `  fact ${name}: ${verdict}${text === '' ? '' : ` (${text})`}${ms === null ? '' : `, ${ms} ms`}${since === null ? '' : `, since ${since}`}`,
      ),
      ...overlay.map((each) => `  over it: ${each}`),
      ...dependsOn.map(({ ref, name, status }) => `  depends on ${ref} "${name}": ${status}`),
      ...alerts.map(
        (alert) =>
          `  open alert ${alert.id}: ${alert.title} (${alert.severity}, ${alert.state}${alert.acknowledgedBy === null ? '' : ` by ${alert.acknowledgedBy}`})`,
      ),
      ...transitions.map(
        ({ at, from, to, text }) => `  ${at ?? ''}: ${from} -> ${to}${text === '' ? '' : ` (${text})`}`,
      ),
    ];
    return {
      text: lines.join('\n'),
      data: {
        asOf: isoOf(desk.now),
        record: brief,
        observedAt: isoOf(row['observedAt']),
        verified: statusWordOf(row['fresh']),
        facts,
        overlay,
        dependsOn,
        alerts,
        transitions: [...transitions],
      },
    };
  },
});

interface ToldFact {
  readonly name: string;
  readonly verdict: string;
  readonly code: string;
  readonly text: string;
  readonly ms: number | null;
  readonly since: string | null;
}

function factsOf(facts: unknown): ToldFact[] {
  if (typeof facts !== 'object' || facts === null) return [];
  return Object.entries(facts)
    .slice(0, FACTS_MAX)
    .map(([name, fact]: [string, unknown]) => {
      const ms = part(fact, 'ms');
      return {
        name: quoted(name, 64),
        verdict: quoted(part(fact, 'v'), 16),
        code: quoted(part(fact, 'code'), 64),
        text: quoted(part(fact, 'text')),
        ms: typeof ms === 'number' ? ms : null,
        since: isoOf(part(fact, 'since')),
      };
    });
}

function overlayOf(row: Readonly<Record<string, unknown>>): string[] {
  const { overlay, override, desired } = row;
  const found: string[] = [];
  if (typeof desired === 'string' && desired !== 'active') found.push(desired);
  if (typeof part(override, 'status') === 'string')
    found.push(
      `set to ${quoted(part(override, 'status'), 20)} by ${quoted(part(override, 'by'), 80)} until ${isoOf(part(override, 'until')) ?? 'further notice'}: ${quoted(part(override, 'reason'))}`,
    );
  if (typeof part(overlay, 'maintenance') === 'string')
    found.push(`maintenance ${quoted(part(overlay, 'maintenance'), 128)}`);
  if (part(overlay, 'muted') === true) found.push('muted');
  if (part(overlay, 'acked') === true) found.push('acknowledged');
  if (typeof part(overlay, 'impactedBy') === 'string')
    found.push(`follows from the failure of ${quoted(part(overlay, 'impactedBy'), 200)}`);
  return found;
}

function dependenciesOf(desk: Desk, refs: unknown): { ref: string; name: string; status: string }[] {
  if (!Array.isArray(refs)) return [];
  return refs
    .filter((ref) => typeof ref === 'string')
    .slice(0, FACTS_MAX)
    .flatMap((ref) => {
      const slash = ref.indexOf('/');
      const entry = desk.find(ref.slice(0, slash), ref.slice(slash + 1));
      if (!entry.ok) return [];
      const { row } = entry.value;
      return [{ ref, name: quoted(nameOf(row), 120), status: statusWordOf(row['status']) }];
    });
}

function alertsOn(desk: Desk, ref: string) {
  return Array.from(desk.entries('alerts'))
    .filter(({ row }) => row['subject'] === ref && row['state'] !== 'resolved')
    .slice(0, ALERTS_MAX)
    .map(({ id, row }) => ({
      id,
      title: quoted(row['title'], 200),
      severity: quoted(row['severity'], 16),
      state: quoted(row['state'], 16),
      startedAt: isoOf(row['startedAt']),
      acknowledgedBy: typeof row['ackedBy'] === 'string' ? quoted(row['ackedBy'], 80) : null,
    }));
}

const FACTS_MAX = 32;
const ALERTS_MAX = 20;
