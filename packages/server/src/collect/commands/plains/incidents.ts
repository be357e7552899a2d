import {
  INCIDENT_AFFECTED_MAX,
  INCIDENT_ALERTS_MAX,
  type Alert,
  type IncidentCreate,
  type IncidentPatch,
} from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { Plain } from '../plain.ts';

/** Incidents written by people. Those that alerts draft are made by joints/incidents.ts. */
export const incidents: Plain = {
  prefix: 'inc',
  born: ({ engine }, draft, { principal, id, fields }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the create schema of incidents has read them.
    const wish = fields as Partial<IncidentCreate>;
    const { startedAt = draft.now, isPublished = false, phase = 'investigating', affected } = wish;
    if (startedAt > draft.now) return ahead;
    const by = principal.name;
    const ids = [...new Set(wish.alerts)];
    const linked = linkAll(draft, id, ids);
    if (!linked.ok) return linked;
    const subjects = [...new Set(linked.value.flatMap(({ subject }) => (subject === null ? [] : [subject])))];
    const about =
      affected ?? subjects.slice(0, INCIDENT_AFFECTED_MAX).map((ref) => ({ ref, impact: 'degraded' as const }));
    const born = engine.incidents.born(draft, {
      id,
      title: wish.title ?? '',
      phase,
      impact: wish.impact ?? engine.incidents.impactOfAll(about),
      affected: about,
      isEdited: affected !== undefined || wish.impact !== undefined,
      alerts: ids,
      isPublished,
      publishedAt: isPublished ? draft.now : null,
      drafted: 'person',
      startedAt,
      resolvedAt: phase === 'resolved' ? draft.now : null,
      assignee: wish.assignee ?? null,
      by,
      labels: wish.labels ?? {},
    });
    const text = wish.text ?? '';
    return text === '' ? ok(born) : engine.incidents.said(born, { at: draft.now, by, text, phase, isPublic: true });
  },
  patched: (_deps, draft, { row, fields }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the patch schema of incidents has read them.
    const patch = fields as IncidentPatch;
    if (patch.startedAt !== undefined && patch.startedAt > draft.now) return ahead;
    const isEdited = row['isEdited'] === true || patch.affected !== undefined || patch.impact !== undefined;
    return ok({ ...row, ...fields, isEdited });
  },
  // Its alerts keep naming it: one that still fires would otherwise be drafted again at once.
};

/** Makes alerts belong to an incident; refused when one of them belongs to another. */
export function linkAll(draft: Draft, incident: string, ids: readonly string[]): Result<readonly Alert[]> {
  if (ids.length > INCIDENT_ALERTS_MAX) {
    return refuse('too_large', `an incident has at most ${INCIDENT_ALERTS_MAX} alerts`);
  }
  const linked: Alert[] = [];
  for (const id of ids) {
    const row = draft.get('alerts', id);
    if (row === null) return refuse('not_found', `there is no alerts/${id}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert.
    const alert = row as Alert;
    const { incident: other } = alert;
    if (other !== null && other !== incident && draft.get('incidents', other) !== null) {
      return refuse('exists', `alerts/${id} belongs to incidents/${other}; unlink it there first`);
    }
    draft.put('alerts', id, { ...alert, incident });
    linked.push(alert);
  }
  return ok(linked);
}

const ahead = refuse('bad_field', 'startedAt: found a time ahead, expected one that has come');
