/**
 * Services and their checks: one thing to people, two records under one id, always written in one transaction. The
 * values of secrets go sealed into documents that are never published; the check only names them.
 */
import {
  checkDefaults,
  checkFlaw,
  explain,
  groupFlaw,
  membersOf,
  SECRET_NAMES,
  serviceCreateSchema,
  servicePatchSchema,
  targetFlaw,
  type Check,
  type CheckInput,
  type Service,
  type ServiceCreate,
  type ServicePatch,
} from '@statewire/model';
import { ok, refuse, type JsonObject, type Result, type Row } from '@statewire/protocol';
import { randomBytes } from 'node:crypto';
import type { Draft } from '../../keep/commit-types.ts';
import { cronFlaw } from '../../lib/cron.ts';
import type { WriteDeps } from '../reports/deps.ts';
import { idOfName, newId } from '../reports/new-id.ts';
import { checkLinks } from './links.ts';
import { takeFrom, type Base, type MutationFailure } from './base.ts';
import { CHECK_SECRETS, writeSecrets } from './check-secrets.ts';

/** Document kinds that belong to a service and go with it. */
const DOCUMENTS = [...CHECK_SECRETS, 'inventory'];

type Deps = Pick<WriteDeps, 'clock' | 'engine' | 'observeIn' | 'vault'>;

/** Makes a service and its check. The value is the service's id. */
export function createService(deps: Deps, draft: Draft, raw: JsonObject, managedBy = 'api'): Result<string> {
  const parsed = serviceCreateSchema.safeParse(raw);
  if (!parsed.success) return refuse('bad_field', explain(parsed.error, raw));
  const input: ServiceCreate = parsed.data;
  const id = input.id ?? freeId(deps, draft, input.name);
  if (draft.get('services', id) !== null)
    return refuse('exists', `there is a services/${id} already; change it, or take another id`);
  const target = input.target ?? '';
  const given = input.check ?? {};
  const late = cronFlawOf(draft.now, given);
  if (late !== null) return refuse('bad_field', late);
  const links = {
    dependsOn: input.dependsOn ?? [],
    members: input.kind === 'group' ? membersOf(input.members ?? {}) : null,
  };
  const linked = checkLinks(draft, id, links);
  if (!linked.ok) return linked;
  draft.put(
    'services',
    id,
    deps.engine.bornService(draft.now, {
      kind: input.kind,
      name: input.name,
      target,
      description: input.description ?? '',
      group: input.group ?? '',
      labels: input.labels ?? {},
      managedBy,
      ...links,
      ...(input.fusion === undefined ? {} : { fusion: { rule: input.fusion.rule, named: input.fusion.named ?? null } }),
    }),
  );
  if (input.desired === 'paused') {
    const act = { do: 'desire', desired: 'paused' } as const;
    const observation = { kind: 'command', at: draft.now, by: managedBy, act } as const;
    const paused = deps.observeIn(draft, { collection: 'services', id, observation });
    if (!paused.ok) return paused;
  }
  // A group is not looked at; its members are.
  if (input.kind === 'group') return ok(id);
  draft.put('checks', id, {
    observedAt: null,
    labels: {},
    source: null,
    service: id,
    kind: input.kind,
    // A heartbeat calls nobody: its check holds the token by which it may be called without a credential.
    target: input.kind === 'heartbeat' ? newToken() : target,
    ...checkDefaults(input.kind, given),
    secrets: namesOf([], given),
    managedBy,
  });
  writeSecrets(deps, draft, id, given);
  return ok(id);
}

/** Makes a heartbeat service for a slug that was beaten before anybody made it. */
export function createHeartbeat(
  deps: Deps,
  draft: Draft,
  made: { readonly id: string; readonly periodMs: number },
): Result<string> {
  const { id, periodMs } = made;
  return createService(deps, draft, { id, name: id, kind: 'heartbeat', check: { intervalMs: periodMs } }, 'beat');
}

/** Changes a service, its check, or both. */
export function patchService(
  deps: Deps,
  draft: Draft,
  what: { readonly id: string; readonly raw: JsonObject; readonly by: string; readonly managedBy?: string | undefined },
  seen: Base,
): Result<string, MutationFailure> {
  const { id, raw } = what;
  const parsed = servicePatchSchema.safeParse(raw);
  if (!parsed.success) return refuse('bad_field', explain(parsed.error, raw));
  const patch: ServicePatch = parsed.data;
  const { check: settings, desired, ...plain } = patch;
  const taken = takeFrom(
    draft,
    { collection: 'services', id, touched: Object.keys(raw).filter((f) => f !== 'check') },
    seen,
  );
  if (!taken.ok) return taken;
  const service = asService(taken.value);
  const isConfiguration = settings !== undefined || Object.keys(plain).length > 0;
  if (isConfiguration) {
    const owned = ownedBy(service, what.managedBy);
    if (!owned.ok) return owned;
  }
  const odd = groupFlaw(service.kind, patch);
  if (odd !== null) return refuse('bad_field', `${odd.field}: ${odd.message}`);
  const next = patchedRow(service, plain);
  if (plain.dependsOn !== undefined || plain.members !== undefined) {
    const linked = checkLinks(draft, id, next);
    if (!linked.ok) return linked;
  }
  if (plain.target !== undefined) {
    const flaw = targetFlaw(service.kind, plain.target);
    if (flaw !== null) return refuse('bad_field', `target: ${flaw}`);
  }
  const unfit = checkFlaw(service.kind, settings ?? {}) ?? cronFlawOf(draft.now, settings ?? {});
  if (unfit !== null) return refuse('bad_field', unfit);
  if (settings !== undefined || (plain.target !== undefined && service.kind !== 'group')) {
    const patched = patchCheck(deps, draft, service, { settings: settings ?? {}, target: plain.target }, seen.base);
    if (!patched.ok) return patched;
  }
  if (Object.keys(plain).length > 0) draft.put('services', id, next);
  if (desired !== undefined && desired !== service.desired) {
    const act = { do: 'desire', desired } as const;
    const observed = deps.observeIn(draft, {
      collection: 'services',
      id,
      observation: { kind: 'command', at: draft.now, by: what.by, act },
    });
    if (!observed.ok) return observed;
  }
  return ok(id);
}

/** Deletes a service with its check, secrets and inventory. Connections to it stay: they are the agents' word. */
export function deleteService(
  draft: Draft,
  what: { readonly id: string; readonly managedBy?: string | undefined },
  seen: Base,
): Result<string, MutationFailure> {
  const { id } = what;
  const taken = takeFrom(draft, { collection: 'services', id, touched: [] }, seen);
  if (!taken.ok) return taken;
  const owned = ownedBy(asService(taken.value), what.managedBy);
  if (!owned.ok) return owned;
  draft.delete('services', id);
  if (draft.get('checks', id) !== null) draft.delete('checks', id);
  for (const kind of DOCUMENTS) draft.document(kind, id, null);
  return ok(id);
}

/**
 * Makes the services of the configuration file (or of the demo) what it says: new ones are made, known ones changed,
 * those that it no longer names are deleted. Services of others are left alone, also when they have the same id.
 */
export function syncServices(
  deps: Deps,
  draft: Draft,
  services: readonly (ServiceCreate & { readonly id: string })[],
  managedBy: string,
): Result<readonly { readonly id: string; readonly ok: boolean; readonly message: string }[]> {
  const wanted = new Set(services.map(({ id }) => id));
  const answers: { id: string; ok: boolean; message: string }[] = [];
  for (const service of services) {
    const known = draft.get('services', service.id);
    const { id, kind, ...rest } = service;
    // Every value was read by the model's schema of JSON values.
    const raw = toJson(known === null ? service : rest);
    const isOther = known !== null && known['kind'] !== kind && known['managedBy'] === managedBy;
    if (isOther) deleteService(draft, { id, managedBy }, {});
    const done =
      known === null || isOther
        ? createService(deps, draft, isOther ? toJson(service) : raw, managedBy)
        : patchService(deps, draft, { id, raw, by: managedBy, managedBy }, {});
    answers.push({ id, ok: done.ok, message: done.ok ? '' : done.message });
  }
  for (const row of Array.from(draft.all('services'))) {
    if (row['managedBy'] === managedBy && !wanted.has(row.id)) deleteService(draft, { id: row.id, managedBy }, {});
  }
  return ok(answers);
}

function patchCheck(
  deps: Deps,
  draft: Draft,
  service: Service,
  what: { readonly settings: CheckInput; readonly target: string | undefined },
  base: number | undefined,
): Result<null, MutationFailure> {
  const { settings, target } = what;
  const touched = Object.keys(settings).map((field) => (field === 'secretHeaders' ? 'secrets' : field));
  const taken = takeFrom(draft, { collection: 'checks', id: service.id, touched }, { base });
  if (!taken.ok) {
    // The caller speaks of one thing; the names of its check's fields say where they belong.
    return taken.fields === undefined ? taken : { ...taken, fields: taken.fields.map((field) => `check.${field}`) };
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `checks` are Check.
  const check = taken.value as Check;
  const next: Check = {
    ...check,
    // A new interval changes the grace that goes with it, unless somebody chose one.
    ...checkDefaults(service.kind, {
      ...check,
      ...(settings.intervalMs === undefined ? {} : { graceMs: undefined }),
      ...settings,
    }),
    target: service.kind === 'heartbeat' ? check.target : (target ?? check.target),
    secrets: namesOf(check.secrets, settings),
    // A new value under the same name must be seen, or the probes would go on with the old one.
    observedAt: setsSecrets(settings) ? Math.max(draft.now, (check.observedAt ?? 0) + 1) : check.observedAt,
  };
  draft.put('checks', service.id, next);
  writeSecrets(deps, draft, service.id, settings);
  return ok(null);
}

function patchedRow(service: Service, plain: Omit<ServicePatch, 'check' | 'desired'>): Service {
  const next: Service = {
    ...service,
    name: plain.name ?? service.name,
    target: plain.target ?? service.target,
    description: plain.description ?? service.description,
    group: plain.group ?? service.group,
    labels: plain.labels ?? service.labels,
    dependsOn: plain.dependsOn ?? service.dependsOn,
    fusion:
      plain.fusion === undefined ? service.fusion : { rule: plain.fusion.rule, named: plain.fusion.named ?? null },
    members: plain.members === undefined ? service.members : membersOf({ ...service.members, ...plain.members }),
  };
  // What was learned of the old target says nothing about the new one.
  return next.target === service.target
    ? next
    : { ...next, facts: {}, mcp: null, certificate: null, suspect: null, observers: {}, split: '' };
}

/** What the file manages is changed there: elsewhere it would come back at the next start. And the file only changes its own. */
function ownedBy(service: Service, by: string | undefined): Result<null> {
  const owner = service.managedBy;
  if (owner === by || (by === undefined && owner !== 'file')) return ok(null);
  return refuse('forbidden', `services/${service.id} is managed by the ${owner}; change it there`);
}

function setsSecrets({ secretHeaders, secrets }: CheckInput): boolean {
  return secretHeaders !== undefined || secrets !== undefined;
}

/** Names of the secrets that are set after this: headers are replaced together, the others one by one. */
function namesOf(before: readonly string[], { secretHeaders, secrets }: CheckInput): readonly string[] {
  const known: ReadonlySet<string> = new Set(SECRET_NAMES);
  const headers = secretHeaders === undefined ? before.filter((name) => !known.has(name)) : Object.keys(secretHeaders);
  const others = SECRET_NAMES.filter((name) => {
    const value = secrets?.[name];
    return value === undefined ? before.includes(name) : value !== null;
  });
  return [...headers, ...others];
}

/** The model knows the form of a cron pattern; whether it names a time is asked here. */
function cronFlawOf(now: number, { cron, zone = 'UTC' }: CheckInput): string | null {
  if (cron === undefined || cron === null) return null;
  const flaw = cronFlaw({ pattern: cron, zone }, now);
  return flaw === null ? null : `check.cron: ${flaw}`;
}

function freeId(deps: Deps, draft: Draft, name: string): string {
  const slug = idOfName(name);
  if (slug === null) return newId(deps.clock, 'svc');
  return draft.get('services', slug) === null ? slug : newId(deps.clock, slug);
}

/** 128 bits that nobody can guess. */
function newToken(): string {
  return `hb_${randomBytes(16).toString('base64url')}`;
}

function asService(row: Row): Service {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `services` are Service.
  return row as Service;
}

function toJson(value: object): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}
