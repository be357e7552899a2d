import {
  type CheckInput,
  checkInputSchema,
  type MembersInput,
  rootsOf,
  type ServiceCreate,
  type ServiceKind,
  type ServicePatch,
  serviceCreateSchema,
  targetFlaw,
} from '@statewire/model';
import { selectorOf } from '../../lib/selection.ts';
import { readSpan } from '../../lib/span.ts';
import { conditionFlaw } from './condition.ts';
import type { Draft } from './draft.ts';
import { errorAt, type Errors, type ErrorField } from './errors.ts';
import { type Pairs, readPairs } from './pairs.ts';
import { probeInputOf } from './probe-table.ts';
import { hasHeaders, secretsOf } from './secrets.ts';

export type Read =
  | { readonly ok: true; readonly body: ServiceCreate }
  | { readonly ok: false; readonly errors: Errors };

/**
 * The body to send, or what is wrong with which field. The rules are the model's own schemas, the same ones the
 * server asks; here they only speak sooner.
 */
export function readDraft(draft: Draft): Read {
  const { kind } = draft;
  const errors: { [K in ErrorField]?: string } = {};
  const part = <T extends object>(field: ErrorField, read: T | string): T | null => {
    if (typeof read !== 'string') return read;
    errors[field] = read;
    return null;
  };
  // What another kind was asked before this one was chosen is kept as typed, and not judged.
  const labels = part('labels', readPairs(draft.labels, '='));
  const headers = part('headers', hasHeaders(kind) ? readPairs(draft.headers, ':') : {});
  const secretHeaders = part('secretHeaders', hasHeaders(kind) ? readPairs(draft.secretHeaders, ':') : {});
  const args = part('canaryArgs', kind === 'mcp' ? readArgs(draft.canaryArgs) : {});
  const members = kind === 'group' ? part('memberWhere', membersOf(draft)) : {};
  const target = isTargeted(kind) ? draft.target.trim() : '';
  const flaw = targetFlaw(kind, target);
  if (flaw !== null) errors.target = flaw.charAt(0).toUpperCase() + flaw.slice(1);
  for (const field of ['conditions', 'degradedConditions'] as const)
    if (rootsOf(kind).length > 0 && draft[field].some((line) => conditionFlaw(kind, line) !== null))
      errors[field] = 'Mend the marked line.';
  if (labels === null || headers === null || secretHeaders === null || args === null || members === null)
    return { ok: false, errors };

  const check = checkOf(draft, { headers, secretHeaders, args });
  const body = {
    ...(draft.id.trim() === '' ? {} : { id: draft.id.trim() }),
    name: draft.name.trim(),
    kind,
    ...(isTargeted(kind) ? { target } : {}),
    description: draft.description.trim(),
    group: draft.group.trim(),
    labels,
    dependsOn: draft.dependsOn,
    ...(kind === 'group'
      ? { members }
      : {
          check,
          fusion: {
            rule: draft.fusionRule,
            named: draft.fusionRule === 'named' ? draft.fusionNamed.trim() : null,
          },
        }),
  };
  const checked = kind === 'group' ? null : checkInputSchema.safeParse(check);
  for (const issue of checked?.error?.issues ?? []) {
    const found = errorAt(['check', ...issue.path], issue.message);
    errors[found.field] ??= found.text;
  }
  const parsed = serviceCreateSchema.safeParse(body);
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.path[0] === 'check' || issue.path.length === 0) continue;
    const found = errorAt(issue.path, issue.message);
    errors[found.field] ??= found.text;
  }
  // What belongs to no field is said last, and only when nothing else is wrong: it may follow from that.
  const [flawed] = parsed.error?.issues ?? [];
  if (flawed !== undefined && Object.keys(errors).length === 0) errors.form = flawed.message;
  return parsed.success && Object.keys(errors).length === 0 ? { ok: true, body: parsed.data } : { ok: false, errors };
}

/** Does a check of this kind call somebody? */
export function isTargeted(kind: ServiceKind): boolean {
  return kind !== 'heartbeat' && kind !== 'group';
}

/** What differs from the form as it opened: what nobody touched is not sent, and so cannot undo another's change. */
export function changesOf(before: ServiceCreate | null, after: ServiceCreate): ServicePatch {
  const { id: _, kind: __, check, ...rest } = after;
  const settings = check === undefined ? {} : differing(before?.check ?? {}, check);
  return {
    ...differing(before ?? {}, rest),
    // A new interval brings its own grace along, unless one is said with it.
    ...(Object.keys(settings).length === 0
      ? {}
      : { check: settings.intervalMs === undefined ? settings : { ...settings, graceMs: check?.graceMs } }),
  };
}

function differing<T extends object>(before: Partial<Record<keyof T, unknown>>, after: T): Partial<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a part of the fields of `after`, each with its own value.
  return Object.fromEntries(
    Object.entries(after).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(before, field)),
    ),
  ) as Partial<T>;
}

interface Parts {
  readonly headers: Pairs;
  readonly secretHeaders: Pairs;
  readonly args: CheckArgs;
}

/** Settings a kind does not have are left out, so that a check says only what it means. */
function checkOf(draft: Draft, { headers, secretHeaders, args }: Parts): CheckInput {
  const { kind } = draft;
  if (kind === 'heartbeat')
    return {
      intervalMs: ms(draft.interval),
      graceMs: draft.grace.trim() === '' ? null : ms(draft.grace),
      cron: draft.isCron ? draft.cron.trim().replaceAll(/\s+/gu, ' ') : null,
      zone: draft.zone.trim(),
    };
  const probe = probeInputOf(kind, draft.probe);
  return {
    intervalMs: ms(draft.interval),
    timeoutMs: ms(draft.timeout),
    failAfter: number(draft.failAfter),
    recoverAfter: number(draft.recoverAfter),
    window: draft.isWindow ? { bad: number(draft.windowBad), size: number(draft.windowSize) } : null,
    degradedMs: draft.degradedMs.trim() === '' ? null : number(draft.degradedMs),
    ...(kind === 'mcp'
      ? { mode: draft.mode, canary: draft.canaryTool.trim() === '' ? null : { tool: draft.canaryTool.trim(), args } }
      : {}),
    ...(kind === 'http'
      ? {
          method: draft.method,
          expectStatus: draft.expectStatus.split(/[\s,]+/u).filter((each) => each !== ''),
          keyword: draft.keyword === '' ? null : draft.keyword,
          followRedirects: draft.followRedirects,
        }
      : {}),
    ...(kind === 'tls' ? { certificateDays: number(draft.certificateDays) } : {}),
    ...(hasHeaders(kind) ? { headers } : {}),
    ...(rootsOf(kind).length === 0
      ? {}
      : { conditions: said(draft.conditions), degradedConditions: said(draft.degradedConditions) }),
    // The schema reads it next; what is typed is its to judge.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- not yet true, and parsed before anybody reads it.
    ...(probe === null ? {} : { probe: probe as NonNullable<CheckInput['probe']> }),
    ...secretsOf(draft, secretHeaders),
  };
}

function membersOf(draft: Draft): MembersInput | string {
  const selector = selectorOf(draft.memberWhere);
  if (typeof selector === 'string') return `${selector}.`;
  const weights = Object.entries(draft.memberWeights).filter(([, weight]) => weight.trim() !== '');
  return {
    refs: draft.memberRefs,
    where: selector.where,
    rule: draft.memberRule,
    bad: draft.memberRule === 'quorum' ? number(draft.memberBad) : null,
    weights: Object.fromEntries(weights.map(([ref, weight]) => [ref, number(weight)])),
  };
}

type CheckArgs = NonNullable<CheckInput['canary']>['args'];

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

function said(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

// NaN is left for the schema to refuse, in its own place and words.
function ms(text: string): number {
  const bare = number(text);
  return Number.isNaN(bare) ? (readSpan(text) ?? Number.NaN) : Math.round(bare * 1000);
}

function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
