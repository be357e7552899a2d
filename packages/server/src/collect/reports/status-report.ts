import type { AgentReport, ConnectionReport, Health, ServiceReport } from '@statewire/model';
import { ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import type { FactReading, ReportObservation } from '../observation.ts';
import type { WriteDeps } from './deps.ts';
import type { Item } from './item.ts';

/** A report about a service, connection or agent. Makes agents and connections that are not known yet. */
export function applyStatusReport(
  deps: Pick<WriteDeps, 'engine' | 'observeIn'>,
  draft: Draft,
  item: Item,
  sourceId: string,
): Result<string> {
  const { name: collection } = item.collection;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the collection's own report schema has read them.
  const fields = item.fields as AgentReport & ConnectionReport & ServiceReport;
  const found = idOf(item, fields);
  if (!found.ok) return found;
  const id = found.value;
  const before = draft.get(collection, id);
  if (before === null) {
    const born = bornOf(deps, draft, { collection, id, fields });
    if (!born.ok) return born;
    draft.put(collection, id, born.value);
  }
  if (before?.['kind'] === 'group') {
    return refuse('unsupported', `services/${id} is a group; its status is that of its members`);
  }
  const isUnheard = before === null || before['health'] === 'unknown';
  const observation = observationOf(collection, fields, { at: draft.now, sourceId, isUnheard });
  const observed = deps.observeIn(draft, { collection, id, observation });
  return observed.ok ? ok(id) : observed;
}

function idOf(item: Item, fields: ConnectionReport): Result<string> {
  if (item.id !== null) return ok(item.id);
  if (item.collection.name === 'connections' && fields.agent !== undefined && fields.service !== undefined) {
    const id = `${fields.agent}:${fields.service}`;
    if (id.length <= 128) return ok(id);
    return refuse('bad_field', 'id: found names of agent and service that are too long together, expected an id');
  }
  const hint = item.collection.name === 'connections' ? ', or agent and service' : '';
  return refuse('bad_field', `id: found nothing, expected the id of a record of ${item.collection.name}${hint}`);
}

function bornOf(
  { engine }: Pick<WriteDeps, 'engine'>,
  draft: Draft,
  what: { readonly collection: string; readonly id: string; readonly fields: ConnectionReport },
): Result<JsonObject> {
  const { collection, id, fields } = what;
  if (collection === 'agents') return ok(engine.bornAgent(draft.now, { name: id }));
  if (collection === 'connections') {
    // The usual id names both ends.
    const [agent = '', service = '', ...more] = id.split(':');
    const isNamed = agent !== '' && service !== '' && more.length === 0;
    const ends = { agent: fields.agent ?? (isNamed ? agent : ''), service: fields.service ?? (isNamed ? service : '') };
    if (ends.agent === '' || ends.service === '') {
      return refuse('bad_field', 'agent, service: found a new connection without its ends, expected both');
    }
    return ok(engine.bornConnection(draft.now, ends));
  }
  return refuse('not_found', `there is no ${collection}/${id}; make it with POST /v1/${collection} first`);
}

const PAST_MS = 7 * 86_400_000;
const FUTURE_MS = 300_000;

function observationOf(
  collection: string,
  fields: AgentReport & ConnectionReport & ServiceReport,
  from: { readonly at: number; readonly sourceId: string; readonly isUnheard: boolean },
): ReportObservation {
  const { at, sourceId, isUnheard } = from;
  const phase = fields.phase ?? null;
  const meant = phase === null ? null : (HEALTH_OF_PHASE[phase] ?? null);
  // An agent that speaks is well unless it says otherwise.
  const health = fields.health ?? meant ?? (collection === 'agents' && isUnheard ? 'healthy' : null);
  const { reason } = fields;
  const told = phase !== null && meant !== null && meant !== 'healthy' ? { code: phase, text: '' } : null;
  return {
    kind: 'report',
    at,
    // A source's clock may be wrong by anything; further off than this it is no information.
    observedAt: Math.min(Math.max(fields.observedAt ?? at, at - PAST_MS), at + FUTURE_MS),
    seq: fields.seq ?? null,
    sourceId,
    health,
    phase,
    facts: readingsOf(fields.facts ?? {}),
    reason: reason === undefined ? told : { code: reason.code, text: reason.text ?? '' },
    final: fields.final ?? false,
    latencyMs: fields.latencyMs ?? null,
    periodMs: fields.periodMs ?? null,
    fields: plainFields(collection, fields),
  };
}

/** What a phase says about health when the report does not. */
const HEALTH_OF_PHASE: Readonly<Record<string, Health>> = {
  offline: 'unhealthy',
  starting: 'healthy',
  idle: 'healthy',
  running: 'healthy',
  waiting: 'healthy',
  stopping: 'healthy',
  failed: 'unhealthy',
  disconnected: 'unhealthy',
  connecting: 'unknown',
  connected: 'healthy',
  reconnecting: 'degraded',
  needs_auth: 'degraded',
  ready: 'healthy',
  stopped: 'unhealthy',
};

/** Fields that a report writes as they are; everything else of a report is for the engine. */
const PLAIN: Readonly<Record<string, readonly (keyof (AgentReport & ConnectionReport))[]>> = {
  services: ['labels'],
  agents: ['labels', 'name', 'platform', 'release', 'activity', 'currentExecution'],
  connections: ['labels', 'sessionId', 'protocolVersion', 'calls', 'errors', 'lastErrorCode', 'tools'],
};

function plainFields(collection: string, fields: AgentReport & ConnectionReport): JsonObject {
  const plain: Record<string, Json> = {};
  for (const name of PLAIN[collection] ?? []) {
    const value = fields[name];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a schema of JSON values has read it.
    if (value !== undefined) plain[name] = value as Json;
  }
  return plain;
}

function readingsOf(facts: NonNullable<ServiceReport['facts']>): Readonly<Record<string, FactReading>> {
  const readings: Record<string, FactReading> = {};
  for (const [name, fact] of Object.entries(facts)) {
    readings[name] = { v: fact.v, code: fact.code ?? fact.v, text: fact.text ?? '', ms: fact.ms ?? null };
  }
  return readings;
}
