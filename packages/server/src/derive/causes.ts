/**
 * What of a record's present state is worth a notification, and to whom. Each cause has a key made of the state alone,
 * so that looking again, now or after a restart, finds the same causes and tells nothing twice. Pure.
 */
import type {
  Alert,
  Incident,
  IncidentImpact,
  Maintenance,
  Message,
  NotificationType,
  Priority,
  RunRow,
  Severity,
} from '@statewire/model';
import { markdownWords } from '@statewire/model/markdown';
import type { Row } from '@statewire/protocol';

/** Somebody who may be told. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: 'admin' | 'operator' | 'viewer';
}

/** Something that happened. */
export interface Cause {
  /** Unique for ever. */
  readonly key: string;
  readonly type: NotificationType;
  readonly priority: Priority;
  readonly title: string;
  readonly text: string;
  readonly refs: readonly string[];
  readonly path: string;
  readonly thread: string;
  readonly at: number;
  /** All people, the admins, those who were told of a record before, or whom these words name (id, address or name). */
  readonly to:
    | { readonly all: true; readonly but?: string | undefined }
    | { readonly admins: true }
    | { readonly told: string }
    | { readonly named: string };
}

/** The causes that a record's state holds. */
export function causesOf(collection: string, row: Row): readonly Cause[] {
  // oxlint-disable typescript/no-unsafe-type-assertion -- true: the collection says what its rows are.
  switch (collection) {
    case 'alerts':
      return ofAlert(row as Alert);
    case 'incidents':
      return ofIncident(row as Incident);
    case 'maintenances':
      return ofMaintenance(row as Maintenance);
    case 'messages':
      return ofMessage(row as Message);
    case 'executions':
    case 'jobs':
      return ofRun(collection, row as RunRow);
    default:
      return [];
  }
  // oxlint-enable typescript/no-unsafe-type-assertion
}

/** Is this person meant? Whether they were told before is looked up by the caller. */
export function isMeant({ to }: Cause, person: Person, wasTold: (person: Person, ref: string) => boolean): boolean {
  if ('all' in to) return to.but === undefined || !isNamed(person, to.but);
  if ('admins' in to) return person.role === 'admin';
  return 'told' in to ? wasTold(person, to.told) : isNamed(person, to.named);
}

function isNamed({ id, email, name }: Person, word: string): boolean {
  return word !== '' && (word === id || word === name || word.toLowerCase() === email.toLowerCase());
}

function ofAlert(alert: Alert): readonly Cause[] {
  const { id, firedAt, resolvedAt, severity, subject, state, parent, title, text } = alert;
  const ref = `alerts/${id}`;
  const about = {
    refs: subject === null ? [ref] : [ref, subject],
    path: `/${ref}`,
    thread: `alert:${alert.rule ?? ''}:${subject ?? id}`,
  };
  const causes: Cause[] = [];
  // One that is folded into another, or suppressed, is told by nobody.
  if (state === 'firing' && firedAt !== null && parent === null) {
    const priority = BY_SEVERITY[severity];
    causes.push({
      ...about,
      key: `${ref}:fired:${firedAt}`,
      type: 'alert',
      priority,
      title,
      text,
      at: firedAt,
      to: { all: true },
    });
  }
  if (state === 'resolved' && firedAt !== null && resolvedAt !== null) {
    const how = { type: 'recovery', priority: 'normal', title: `Recovered: ${title}`, text: alert.resolution } as const;
    causes.push({ ...about, ...how, key: `${ref}:resolved:${resolvedAt}`, at: resolvedAt, to: { told: ref } });
  }
  return causes;
}

function ofIncident(incident: Incident): readonly Cause[] {
  const { id, title, updates, isPublished, publishedAt, createdAt, drafted, by } = incident;
  const ref = `incidents/${id}`;
  const about = {
    refs: [ref],
    path: `/${ref}`,
    thread: ref,
    type: 'incident',
    priority: BY_IMPACT[incident.impact],
  } as const;
  const born: Cause =
    drafted === 'alert'
      ? {
          ...about,
          key: `${ref}:drafted`,
          title: `Draft of an incident: ${title}`,
          text: 'Publish it, or let it resolve itself.',
          at: createdAt,
          to: { admins: true },
        }
      : {
          ...about,
          key: `${ref}:written`,
          title,
          text: updates[0]?.text ?? '',
          at: createdAt,
          to: { all: true, but: by },
        };
  const causes: Cause[] = [born];
  if (publishedAt !== null && isPublished) {
    causes.push({
      ...about,
      key: `${ref}:published`,
      title: `Published: ${title}`,
      text: '',
      at: publishedAt,
      to: { all: true },
    });
  }
  const last = updates.at(-1);
  // The first word of a person came with the incident itself.
  if (last !== undefined && (drafted === 'alert' || last.id !== 'u1')) {
    const words = { title: `${title}: ${last.phase}`, text: last.text, at: last.at };
    const to =
      drafted === 'alert' && publishedAt === null
        ? ({ admins: true } as const)
        : ({ all: true, but: last.by } as const);
    causes.push({ ...about, ...words, key: `${ref}:${last.id}`, to });
  }
  return causes;
}

function ofMaintenance({ id, title, text, state, window, past }: Maintenance): readonly Cause[] {
  const ref = `maintenances/${id}`;
  const about = { refs: [ref], path: `/${ref}`, thread: ref, type: 'maintenance', text, to: { all: true } } as const;
  if (state === 'active' && window !== null) {
    return [
      {
        ...about,
        key: `${ref}:began:${window.from}`,
        priority: 'normal',
        title: `Maintenance began: ${title}`,
        at: window.from,
      },
    ];
  }
  const last = past.at(-1);
  if (last === undefined) return [];
  return [
    { ...about, key: `${ref}:ended:${last.to}`, priority: 'low', title: `Maintenance ended: ${title}`, at: last.to },
  ];
}

/** Words that press and are for the organization's own people: each time they begin to be shown. */
function ofMessage({ id, title, body, state, priority, audience, activeAt, events }: Message): readonly Cause[] {
  if (state !== 'active' || priority !== 'critical' || audience === 'customers' || activeAt === null) return [];
  const ref = `messages/${id}`;
  // Empty: by the clock, and then everybody hears it.
  const by = events.findLast(({ what }) => what === 'activated')?.by ?? '';
  return [
    {
      key: `${ref}:active:${activeAt}`,
      type: 'message',
      priority: 'urgent',
      title,
      // An inbox, a push and a mail show words, not marks.
      text: markdownWords(body),
      refs: [ref],
      path: `/${ref}`,
      thread: ref,
      at: activeAt,
      to: { all: true, but: by },
    },
  ];
}

function ofRun(collection: 'executions' | 'jobs', run: RunRow): readonly Cause[] {
  const { id, state, attempt, endedAt, title, reason, labels } = run;
  const owner = typeof run['owner'] === 'string' ? run['owner'] : (labels['owner'] ?? '');
  const isBad = state === 'failed' || state === 'lost' || state === 'timed_out';
  if (owner === '' || endedAt === null || !(isBad || state === 'succeeded')) return [];
  const ref = `${collection}/${id}`;
  return [
    {
      key: `${ref}:${attempt}:${state}`,
      type: 'job',
      priority: isBad ? 'high' : 'low',
      title: `${title}: ${state.replace('_', ' ')}`,
      text: reason.text,
      refs: [ref],
      path: `/${ref}`,
      thread: ref,
      at: endedAt,
      to: { named: owner },
    },
  ];
}

const BY_SEVERITY: Readonly<Record<Severity, Priority>> = { critical: 'urgent', warning: 'high', info: 'normal' };
const BY_IMPACT: Readonly<Record<IncidentImpact, Priority>> = {
  critical: 'urgent',
  major: 'high',
  minor: 'normal',
  none: 'low',
};
