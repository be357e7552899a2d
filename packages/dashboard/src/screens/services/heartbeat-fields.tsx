import type { ReactNode } from 'react';
import { ownZone } from '../../lib/dated.ts';
import { Copyable } from '../../parts/copy.tsx';
import { Field, Select } from '../../parts/field.tsx';
import { type Form, TextField } from './form.tsx';

/** When a job is expected to call, and how it calls. */
export function HeartbeatFields({ form }: { form: Form }): ReactNode {
  const { draft } = form;
  const id = draft.id.trim() || '<id>';
  return (
    <>
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-3">
        <Field label="Expected">
          {(ids) => (
            <Select
              {...ids}
              value={draft.isCron ? 'cron' : 'period'}
              onChange={(event) =>
                form.set(
                  event.currentTarget.value === 'cron'
                    ? {
                        isCron: true,
                        ...(draft.cron === '' ? { zone: ownZone() } : {}),
                        // Half of a period means nothing here: a time that fits most jobs.
                        ...(draft.grace === '' ? { grace: '10 min' } : {}),
                      }
                    : { isCron: false },
                )
              }
            >
              <option value="period">In a rhythm</option>
              <option value="cron">By a cron pattern</option>
            </Select>
          )}
        </Field>
        {draft.isCron ? (
          <>
            <TextField
              form={form}
              field="cron"
              label="Cron pattern"
              hint="minute hour day month weekday"
              placeholder="30 2 * * *"
              isCode
            />
            <TextField form={form} field="zone" label="Time zone" placeholder="Europe/Berlin" />
          </>
        ) : (
          <TextField form={form} field="interval" label="Every" placeholder="1 h" hint="such as 5 min or 1 d" />
        )}
        <TextField
          form={form}
          field="grace"
          label="Grace"
          hint={draft.isCron ? 'How late it may be.' : 'Half the period when empty.'}
          placeholder="10 min"
        />
      </div>
      <div>
        <p className="mb-1.5 text-sm font-medium">How it calls</p>
        <Copyable text={`curl -fsS -H "Authorization: Bearer $STATEWIRE_KEY" ${location.origin}/v1/heartbeats/${id}`} />
      </div>
    </>
  );
}
