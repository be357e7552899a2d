import type { Draft } from './draft.ts';

/** A field of the form, or a setting of the kind: `probe.query`. `form` is for what belongs to no field. */
export type ErrorField = keyof Draft | 'form' | `probe.${string}`;

export type Errors = Readonly<Partial<Record<ErrorField, string>>>;

/** Where something wrong with a body belongs in the form, and its words. */
export function errorAt(path: readonly PropertyKey[], message: string): { field: ErrorField; text: string } {
  const [first, second, third] = path.map(String);
  const field: ErrorField =
    first === 'check'
      ? second === 'probe'
        ? `probe.${third ?? ''}`
        : (checkFields[`${second ?? ''}.${third ?? ''}`] ?? checkFields[second ?? ''] ?? 'form')
      : (bodyFields[`${first ?? ''}.${second ?? ''}`] ?? bodyFields[first ?? ''] ?? 'form');
  const text = ranges[field] ?? message.replace(/^target: /u, '');
  return { field, text: text.charAt(0).toUpperCase() + text.slice(1) };
}

/** The same of what the server said: `check.cron: found ...`. Null when it names no field of the form. */
export function errorIn(detail: string): { field: ErrorField; text: string } | null {
  const named = /^([a-z]+(?:[.[][\w\]]+)*): ([\s\S]+)$/iu.exec(detail);
  if (named === null) return null;
  const [, path = '', message = ''] = named;
  const found = errorAt(path.split(/[.[\]]+/u).filter(Boolean), message);
  // The server knows more than the range: its own words.
  return found.field === 'form'
    ? null
    : { field: found.field, text: message.charAt(0).toUpperCase() + message.slice(1) };
}

const bodyFields: Readonly<Record<string, ErrorField>> = {
  id: 'id',
  name: 'name',
  target: 'target',
  description: 'description',
  group: 'group',
  labels: 'labels',
  dependsOn: 'dependsOn',
  fusion: 'fusionNamed',
  members: 'memberRefs',
  'members.where': 'memberWhere',
  'members.bad': 'memberBad',
  'members.weights': 'memberWeights',
};

const checkFields: Readonly<Record<string, ErrorField>> = {
  intervalMs: 'interval',
  timeoutMs: 'timeout',
  connectTimeoutMs: 'timeout',
  failAfter: 'failAfter',
  recoverAfter: 'recoverAfter',
  window: 'windowSize',
  'window.bad': 'windowBad',
  degradedMs: 'degradedMs',
  graceMs: 'grace',
  cron: 'cron',
  zone: 'zone',
  canary: 'canaryTool',
  expectStatus: 'expectStatus',
  keyword: 'keyword',
  certificateDays: 'certificateDays',
  headers: 'headers',
  secretHeaders: 'secretHeaders',
  'secrets.password': 'password',
  'secrets.token': 'token',
  conditions: 'conditions',
  degradedConditions: 'degradedConditions',
};

// Ranges in the units of the form; the schema's own messages speak of milliseconds.
const ranges: Readonly<Partial<Record<ErrorField, string>>> = {
  interval: 'Between 1 s and 31 d, such as 30 s or 5 min.',
  timeout: 'Between 100 ms and 5 min.',
  grace: 'Between 0 s and 31 d, such as 10 min.',
  failAfter: 'A whole number from 1 to 10.',
  recoverAfter: 'A whole number from 1 to 10.',
  windowSize: 'A whole number from 2 to 20.',
  windowBad: 'A whole number from 1 to the size of the window.',
  degradedMs: 'A whole number of milliseconds, up to 300000.',
  certificateDays: 'A whole number of days, up to 3650.',
  memberBad: 'A whole number from 1 on.',
  memberWeights: 'Numbers from 0 to 1000000.',
  fusionNamed: 'Name one observer.',
};
