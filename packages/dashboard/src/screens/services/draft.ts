import {
  type Check,
  defaultGraceMs,
  type Fusion,
  type Members,
  type Service,
  type ServiceKind,
} from '@statewire/model';
import { type Selection, selectionOf } from '../../lib/selection.ts';
import { writeSpan } from '../../lib/span.ts';
import { writePairs } from './pairs.ts';
import { type ProbeDraft, probeDraftOf } from './probe-table.ts';

/** Secrets that a form can set, replace or remove. Headers are one: they are replaced together. */
export type SecretField = 'password' | 'secretHeaders' | 'token';

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
  /** Lengths of time: `30 s`; a bare number is seconds. */
  readonly interval: string;
  readonly timeout: string;
  readonly failAfter: string;
  readonly recoverAfter: string;
  /** Believed by `bad` of the last `size` instead of runs in a row. */
  readonly isWindow: boolean;
  readonly windowBad: string;
  readonly windowSize: string;
  readonly degradedMs: string;
  readonly grace: string;
  readonly isCron: boolean;
  readonly cron: string;
  readonly zone: string;
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
  readonly password: string;
  readonly token: string;
  /** Secrets that are set and shall go. */
  readonly removed: readonly SecretField[];
  readonly probe: ProbeDraft;
  /** One condition each; empty ones are none. */
  readonly conditions: readonly string[];
  readonly degradedConditions: readonly string[];
  readonly dependsOn: readonly string[];
  readonly fusionRule: Fusion['rule'];
  readonly fusionNamed: string;
  readonly memberRefs: readonly string[];
  /** And every service of this selection; `all` means no others. */
  readonly memberWhere: Selection;
  readonly memberRule: Members['rule'];
  readonly memberBad: string;
  readonly memberWeights: Readonly<Record<string, string>>;
}

export const emptyDraft: Draft = {
  kind: 'http',
  name: '',
  id: '',
  target: '',
  description: '',
  group: '',
  labels: '',
  interval: '30 s',
  timeout: '10 s',
  failAfter: '3',
  recoverAfter: '2',
  isWindow: false,
  windowBad: '3',
  windowSize: '5',
  degradedMs: '',
  grace: '',
  isCron: false,
  cron: '',
  zone: 'UTC',
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
  password: '',
  token: '',
  removed: [],
  probe: {},
  conditions: [],
  degradedConditions: [],
  dependsOn: [],
  fusionRule: 'majority',
  fusionNamed: '',
  memberRefs: [],
  memberWhere: { collection: 'services', by: 'all', values: [], where: null },
  memberRule: 'worst',
  memberBad: '2',
  memberWeights: {},
};

/** The draft after somebody chose another kind: what is common stays as it was typed. */
export function ofKind(draft: Draft, kind: ServiceKind): Draft {
  return { ...draft, kind, probe: probeDraftOf(kind) };
}

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
    labels: writePairs(service.labels, '='),
    dependsOn: service.dependsOn,
    fusionRule: service.fusion.rule,
    fusionNamed: service.fusion.named ?? '',
    ...(service.members === null ? {} : membersDraft(service.members)),
    ...(check === null ? {} : checkDraft(check)),
  };
}

function membersDraft({ refs, where, rule, bad, weights }: Members): Partial<Draft> {
  return {
    memberRefs: refs,
    memberWhere: selectionOf({ collection: 'services', where }),
    memberRule: rule,
    ...(bad === null ? {} : { memberBad: String(bad) }),
    memberWeights: Object.fromEntries(Object.entries(weights).map(([ref, weight]) => [ref, String(weight)])),
  };
}

function checkDraft(check: Check): Partial<Draft> {
  const { canary, window } = check;
  // The grace that goes with the interval is not written out, so that it follows the next interval too.
  const isOwnGrace = check.graceMs !== null && check.graceMs !== defaultGraceMs(check.intervalMs);
  return {
    interval: writeSpan(check.intervalMs),
    timeout: writeSpan(check.timeoutMs),
    failAfter: String(check.failAfter),
    recoverAfter: String(check.recoverAfter),
    ...(window === null ? {} : { isWindow: true, windowBad: String(window.bad), windowSize: String(window.size) }),
    degradedMs: check.degradedMs === null ? '' : String(check.degradedMs),
    grace: isOwnGrace && check.graceMs !== null ? writeSpan(check.graceMs) : '',
    isCron: check.cron !== null,
    cron: check.cron ?? '',
    zone: check.zone,
    mode: check.mode,
    canaryTool: canary?.tool ?? '',
    canaryArgs: canary === null || Object.keys(canary.args).length === 0 ? '' : JSON.stringify(canary.args, null, 2),
    method: check.method,
    expectStatus: check.expectStatus.join(', '),
    keyword: check.keyword ?? '',
    followRedirects: check.followRedirects,
    certificateDays: String(check.certificateDays),
    headers: writePairs(check.headers, ':'),
    probe: probeDraftOf(check.kind, check.probe ?? undefined),
    conditions: check.conditions,
    degradedConditions: check.degradedConditions,
  };
}
