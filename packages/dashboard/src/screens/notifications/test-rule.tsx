import type { Rule } from '@statewire/model';
import { CircleCheck, CircleHelp } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { sentence, words } from '../../lib/format.ts';
import { ask } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Select } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import type { Problem } from '../../rest/request.ts';
import { severities } from '../alerts/look.ts';

/** What the server says of a rule and a record. */
interface Said {
  readonly is: 'true' | 'false' | 'unknown' | boolean;
  readonly isSelected: boolean;
  readonly title: string;
  readonly text: string;
}

/** Tries a rule on a record as it is now: nothing is written, nobody is told. */
export function TestRule({ rule, onClose }: { rule: Rule; onClose: () => void }): ReactNode {
  const records = useRows(rule.on.collection);
  const [id, setId] = useState('');
  const [said, setSaid] = useState<Said | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const isMetric = rule.when.kind === 'metric' || (rule.when.kind === 'trend' && rule.when.of === 'metric');
  const chosen = id === '' ? (records.rows[0]?.id ?? '') : id;
  const submit = async (): Promise<void> => {
    setBusy(true);
    const answer = await ask<Said>(
      'rules',
      rule.id,
      'test',
      isMetric ? {} : { ref: `${rule.on.collection}/${chosen}` },
    );
    setBusy(false);
    setProblem(answer.ok ? null : answer.problem);
    setSaid(answer.ok ? answer.value : null);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Try ${rule.name}`}
      note="Nothing is written and nobody is told."
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button tone="primary" busy={busy} disabled={!isMetric && chosen === ''} onClick={() => void submit()}>
            Ask
          </Button>
        </>
      }
    >
      <div className="space-y-4">
        {!isMetric && (
          <Field label={sentence(rule.on.collection)}>
            {(ids) => (
              <Select
                {...ids}
                value={chosen}
                onChange={(event) => {
                  setId(event.currentTarget.value);
                  setSaid(null);
                }}
              >
                {records.rows.map((row) => (
                  <option key={row.id} value={row.id}>
                    {nameOf(row)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        {said !== null && <Answer said={said} rule={rule} />}
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}

function Answer({ said, rule }: { said: Said; rule: Rule }): ReactNode {
  const word = String(said.is);
  const look = severities[rule.severity];
  const Icon = word === 'true' ? look.icon : word === 'false' ? CircleCheck : CircleHelp;
  return (
    <div className="flex gap-3 rounded-card border p-4">
      <Icon aria-hidden className={word === 'true' ? `size-5 ${look.ink}` : 'size-5 text-muted'} />
      <div className="min-w-0">
        <p className="font-medium">
          {word === 'true' ? said.title : word === 'false' ? 'It would not fire' : 'It cannot say yet'}
        </p>
        <p className="text-sm whitespace-pre-wrap text-muted">{said.text || words(word)}</p>
        {!said.isSelected && (
          <p className="mt-1 text-sm text-degraded">The rule does not look at this record as it is set up.</p>
        )}
      </div>
    </div>
  );
}

function nameOf(row: { readonly id: string; readonly [field: string]: unknown }): string {
  const name = row['name'] ?? row['title'];
  return typeof name === 'string' && name !== '' ? name : row.id;
}
