import { selects, type Policy, type Rule } from '@statewire/model';
import type { Row } from '@statewire/protocol';

/** A record an alert is about. */
export interface Subject {
  readonly collection: string;
  readonly row: Row;
}

/** Who is told: the policy the rule names, else the first that matches, else the default one, else nobody. */
export function policyOf(
  rule: Pick<Rule, 'policy' | 'severity'>,
  subject: Subject,
  policies: readonly Policy[],
): Policy | null {
  const named = policies.find(({ id }) => id === rule.policy);
  if (named !== undefined) return named;
  const matching = policies.filter(({ match: { severity, on } }) => {
    const fits = severity === null || severity.includes(rule.severity);
    return fits && (on === null || selects(on, subject.collection, subject.row));
  });
  return (
    matching.filter(({ isDefault }) => !isDefault).toSorted((a, b) => (a.id < b.id ? -1 : 1))[0] ??
    matching.find(({ isDefault }) => isDefault) ??
    null
  );
}

/** What is told together has the same group. */
export function groupOf(policy: Policy | null, rule: Pick<Rule, 'id'>, subject: Subject): string {
  const { collection, row } = subject;
  if (policy === null) return '';
  const values = policy.groupBy.map((key) => {
    if (key === 'rule') return rule.id;
    if (key === 'subject') return `${collection}/${row.id}`;
    if (key === 'group') return text(row['group']);
    if (key === 'kind') return row['kind'] === undefined ? collection : text(row['kind']);
    const labels = row['labels'];
    const name = key.slice('label:'.length);
    return typeof labels === 'object' && labels !== null && !Array.isArray(labels) && Object.hasOwn(labels, name)
      ? text(Reflect.get(labels, name))
      : '';
  });
  return [policy.id, ...values].join('|').slice(0, GROUP_LENGTH_MAX);
}

const GROUP_LENGTH_MAX = 500;

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What people call a record. */
export function nameOf({ collection, row }: Subject): string {
  for (const field of ['name', 'title']) {
    const value = row[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return collection === 'metrics' ? `metric ${row.id}` : row.id;
}
