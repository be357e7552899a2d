/**
 * What alerting has to find quickly in one organization, made of the records and following every commit: alerts with
 * something still to happen, rules by collection, and who stands on whom. Holds ids; the records are the truth.
 */
import { selectorFields, selects, type Alert, type Rule } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import { isLive } from '../derive/alerts/alert.ts';
import { parentsOf } from '../derive/alerts/depend.ts';
import { needsOf } from '../derive/alerts/evaluate.ts';

export class AlertIndex {
  /** Enabled rules, by the collection they look at; rules about a metric under `metrics`. */
  readonly rules: Map<string, Rule[]> = new Map();
  readonly #alerts = new Map<string, Entry>();
  readonly #byKey = new Map<string, string>();
  readonly #bySubject = new Many();
  readonly #byGroup = new Many();
  readonly #dependents = new Many();
  readonly #fields = new Map<string, ReadonlySet<string>>();

  /** How many alerts are live. */
  get size(): number {
    return this.#alerts.size;
  }

  /** The live alert of a subject by a rule, or null. */
  find(subject: string, rule: string): string | null {
    return this.#byKey.get(keyOf(subject, rule)) ?? null;
  }

  ofSubject(subject: string): readonly string[] {
    return this.#bySubject.of(subject);
  }

  ofGroup(group: string): readonly string[] {
    return group === '' ? [] : this.#byGroup.of(group);
  }

  /** Ids of all live alerts. */
  ids(): Iterable<string> {
    return this.#alerts.keys();
  }

  /** Subjects of all live alerts. */
  subjects(): Iterable<string> {
    return this.#bySubject.keys();
  }

  dependentsOf(ref: string): readonly string[] {
    return this.#dependents.of(ref);
  }

  /** The rules that are about a record. */
  rulesFor(collection: string, row: Row): readonly Rule[] {
    return (this.rules.get(collection) ?? []).filter((rule) => selects(rule.on, collection, row));
  }

  /** Can a change of these fields change what any rule says? */
  isTouched(collection: string, fields: Iterable<string>): boolean {
    const watched = this.#fields.get(collection);
    if (watched === undefined) return false;
    for (const field of fields) if (watched.has(rootOf(field))) return true;
    return false;
  }

  alertChanged(id: string, after: Row | null): void {
    const known = this.#alerts.get(id);
    if (known !== undefined) {
      this.#alerts.delete(id);
      const key = keyOf(known.subject, known.rule);
      if (this.#byKey.get(key) === id) this.#byKey.delete(key);
      this.#bySubject.delete(known.subject, id);
      this.#byGroup.delete(known.group, id);
    }
    if (after === null) return;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert.
    const alert = after as Alert;
    if (!isLive(alert)) return;
    const entry = { subject: alert.subject ?? '', rule: alert.rule ?? '', group: alert.group };
    this.#alerts.set(id, entry);
    this.#byKey.set(keyOf(entry.subject, entry.rule), id);
    this.#bySubject.add(entry.subject, id);
    this.#byGroup.add(entry.group, id);
  }

  /** Takes up the rules as they are now. */
  rulesChanged(rows: Iterable<Row>): void {
    this.rules.clear();
    this.#fields.clear();
    const fields = new Map<string, Set<string>>();
    for (const row of rows) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `rules` are Rule.
      const rule = row as Rule;
      if (!rule.isEnabled) continue;
      const collection = isAboutMetric(rule) ? 'metrics' : rule.on.collection;
      const list = this.rules.get(collection) ?? [];
      this.rules.set(collection, list);
      list.push(rule);
      const watched = fields.get(collection) ?? new Set(['dependsOn', 'members']);
      fields.set(collection, watched);
      for (const field of [...needsOf(rule.when).fields, ...selectorFields(rule.on)]) watched.add(rootOf(field));
    }
    // Flapping first: what it has told, the others need not tell again.
    for (const list of this.rules.values()) list.sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
    for (const [collection, watched] of fields) this.#fields.set(collection, watched);
  }

  recordChanged(collection: string, id: string, before: Row | null, after: Row | null): void {
    const child = `${collection}/${id}`;
    if (before !== null) for (const parent of parentsOf(collection, before)) this.#dependents.delete(parent, child);
    if (after !== null) for (const parent of parentsOf(collection, after)) this.#dependents.add(parent, child);
  }
}

interface Entry {
  readonly subject: string;
  readonly rule: string;
  readonly group: string;
}

/** Whether a rule looks at one metric, whatever it selects. */
export function isAboutMetric({ when }: Rule): boolean {
  return when.kind === 'metric' || (when.kind === 'trend' && when.of === 'metric');
}

function rank({ when }: Rule): number {
  if (when.kind === 'flapping') return 0;
  return when.kind === 'status' ? 1 : 2;
}

function keyOf(subject: string, rule: string): string {
  return `${subject}\n${rule}`;
}

function rootOf(field: string): string {
  const dot = field.indexOf('.');
  return dot < 0 ? field : field.slice(0, dot);
}

/** Several ids under one name. */
class Many {
  readonly #sets = new Map<string, Set<string>>();

  of(name: string): readonly string[] {
    return [...(this.#sets.get(name) ?? [])];
  }

  keys(): Iterable<string> {
    return this.#sets.keys();
  }

  add(name: string, id: string): void {
    const set = this.#sets.get(name) ?? new Set();
    this.#sets.set(name, set);
    set.add(id);
  }

  delete(name: string, id: string): void {
    const set = this.#sets.get(name);
    if (set?.delete(id) === true && set.size === 0) this.#sets.delete(name);
  }
}
