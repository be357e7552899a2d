import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import type { Plain } from '../plain.ts';

/** Stretches of a record's time that people say something about. Buckets, uptime and months follow the commit. */
export const annotations: Plain = {
  prefix: 'ann',
  born(_deps, draft, { principal, fields }) {
    const subject = typeof fields['subject'] === 'string' ? fields['subject'] : '';
    const [collection = '', id = ''] = subject.split('/');
    if (draft.get(collection, id) === null) {
      return refuse('not_found', `there is no ${subject} to annotate`);
    }
    return spanOf({
      labels: {},
      text: '',
      ...fields,
      subject,
      by: principal.name,
      maintenance: null,
    });
  },
  patched: (_deps, _draft, { fields, row }) => spanOf({ ...row, ...fields }),
};

/** At most a year in one piece: a slip of a digit must not take a record's whole history out of its uptime. */
const SPAN_MS_MAX = 366 * 86_400_000;

function spanOf(row: JsonObject): Result<JsonObject> {
  const from = Number(row['from']);
  const to = Number(row['to']);
  if (from >= to) return refuse('bad_field', `to: found ${to}, expected a time after from (${from})`);
  if (to - from > SPAN_MS_MAX) {
    return refuse('bad_field', `to: found ${to - from} ms after from, expected at most ${SPAN_MS_MAX} (366 days)`);
  }
  return ok(row);
}
