import {
  type Rule,
  ruleCreateSchema,
  rulePatchSchema,
  SEVERITIES,
  type RuleCondition,
  type Selector,
} from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { FlaskConical, MoreHorizontal, Pencil, Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { plural } from '../../lib/format.ts';
import { selectionText } from '../../lib/selection.ts';
import { writeSpan } from '../../lib/span.ts';
import { act, remove, save } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select, Switch, TextArea } from '../../parts/field.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { SelectorField } from '../../parts/selector-field.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { SpanField } from '../../parts/span-field.tsx';
import type { Problem } from '../../rest/request.ts';
import { severities } from '../alerts/look.ts';
import { ConditionField } from './condition-field.tsx';
import { conditionText, families } from './condition.ts';
import { TestRule } from './test-rule.tsx';

/** What counts as a problem. Those that come with the product can be changed and turned off, and come back as they were. */
export function Rules(): ReactNode {
  const view = useRows('rules');
  const [editing, setEditing] = useState<Rule | 'new' | null>(null);
  const [removing, setRemoving] = useState<Rule | null>(null);
  const [testing, setTesting] = useState<Rule | null>(null);
  const rows = view.rows.toSorted(
    (a, b) =>
      Number(b.isEnabled) - Number(a.isEnabled) ||
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      (a.name < b.name ? -1 : 1),
  );
  const on = rows.filter(({ isEnabled }) => isEnabled).length;
  return (
    <Pane
      title="Rules"
      {...(rows.length > 0 ? { note: `${on} of ${plural(rows.length, 'rule')} on` } : {})}
      actions={
        <Button size="small" onClick={() => setEditing('new')}>
          <Plus aria-hidden /> New rule
        </Button>
      }
    >
      {view.isLoading ? (
        <BoneRows rows={6} className="h-14" />
      ) : (
        <ul>
          {rows.map((rule) => (
            <Row
              key={rule.id}
              rule={rule}
              onEdit={() => setEditing(rule)}
              onTest={() => setTesting(rule)}
              onRemove={() => setRemoving(rule)}
            />
          ))}
        </ul>
      )}
      {editing !== null && (
        <Editor
          key={editing === 'new' ? 'new' : editing.id}
          rule={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      {testing !== null && <TestRule rule={testing} onClose={() => setTesting(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        verb="Remove it"
        onConfirm={() => remove('rules', removing === null ? [] : [removing.id])}
      >
        <p>Its open alerts end. To keep it for later, turn it off instead.</p>
      </Confirm>
    </Pane>
  );
}

function Row({
  rule,
  onEdit,
  onTest,
  onRemove,
}: {
  rule: Rule;
  onEdit: () => void;
  onTest: () => void;
  onRemove: () => void;
}): ReactNode {
  const look = severities[rule.severity];
  return (
    <li
      className={cx(
        'flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2 last:border-b-0',
        !rule.isEnabled && 'text-muted',
      )}
    >
      <look.icon aria-label={look.word} className={cx('size-4 shrink-0', rule.isEnabled ? look.ink : 'text-quiet')} />
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex items-baseline gap-2">
          <span className="truncate font-medium">{rule.name}</span>
          {rule.builtin !== null && <span className="shrink-0 text-xs text-muted">comes with the product</span>}
        </p>
        <p className="truncate text-xs text-muted">
          {selectionText(rule.on)}: {conditionText(rule.when)}
          {rule.forMs > 0 && `, for ${writeSpan(rule.forMs)}`}
        </p>
      </div>
      <Switch
        label={rule.isEnabled ? 'On' : 'Off'}
        checked={rule.isEnabled}
        onChange={(next) => void act('rules', rule.id, next ? 'enable' : 'disable')}
      />
      <Menu
        trigger={
          <Button tone="ghost" size="icon" aria-label={`More for ${rule.name}`}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
        items={[
          { label: 'Edit', icon: Pencil, onSelect: onEdit },
          { label: 'Try it', icon: FlaskConical, onSelect: onTest },
          ...(rule.builtin === null ? [null, { label: 'Remove', icon: Trash2, danger: true, onSelect: onRemove }] : []),
        ]}
      />
    </li>
  );
}

const ALL_SERVICES: Selector = { collection: 'services', where: null };

function Editor({ rule, onClose }: { rule: Rule | null; onClose: () => void }): ReactNode {
  const policies = useRows('policies');
  const [name, setName] = useState(rule?.name ?? '');
  const [severity, setSeverity] = useState(rule?.severity ?? 'warning');
  const [on, setOn] = useState<Selector>(rule?.on ?? ALL_SERVICES);
  const [when, setWhen] = useState<RuleCondition>(rule?.when ?? families.status.start);
  const [forMs, setForMs] = useState(rule?.forMs ?? 0);
  const [policy, setPolicy] = useState(rule?.policy ?? '');
  const [text, setText] = useState(rule?.text ?? '');
  const [runbook, setRunbook] = useState(rule?.runbook ?? '');
  const [base] = useState(rule?.version);
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fields: JsonObject = {
    name: name.trim(),
    severity,
    on,
    when: { ...when },
    forMs,
    policy: policy === '' ? null : policy,
    text: text.trim(),
    runbook: runbook.trim(),
  };
  const flaw = (rule === null ? ruleCreateSchema : rulePatchSchema).safeParse(fields).error?.issues[0];
  const submit = async (): Promise<void> => {
    setTried(true);
    if (flaw !== undefined) return;
    setBusy(true);
    const failed = await save('rules', rule?.id ?? null, fields, base);
    setBusy(false);
    if (failed === null) onClose();
    else setProblem(failed);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={rule === null ? 'New rule' : rule.name}
      wide
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} onClick={() => void submit()}>
            Save
          </Button>
        </>
      }
    >
      <div className="space-y-3">
        <div className="grid gap-3 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
          <Field label="Name">
            {(ids) => (
              <Input
                {...ids}
                isFirst
                value={name}
                placeholder="Shop is slow"
                onChange={(event) => setName(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Severity">
            {(ids) => (
              <Select
                {...ids}
                value={severity}
                onChange={(event) => setSeverity(SEVERITIES.find((s) => s === event.currentTarget.value) ?? severity)}
              >
                {SEVERITIES.map((each) => (
                  <option key={each} value={each}>
                    {severities[each].word}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <SelectorField
          label="About"
          value={on}
          onChange={setOn}
          collections={['services', 'agents', 'connections', 'executions', 'jobs']}
        />
        <ConditionField key={when.kind} value={when} onChange={setWhen} />
        <div className="grid gap-3 sm:grid-cols-2">
          <SpanField
            label="Must hold for"
            hint="0 s: fires at once; what is confirmed was looked at several times"
            value={forMs}
            onChange={(ms) => setForMs(ms ?? 0)}
          />
          <Field label="Policy" hint="Who is told">
            {(ids) => (
              <Select {...ids} value={policy} onChange={(event) => setPolicy(event.currentTarget.value)}>
                <option value="">The first that matches</option>
                {policies.rows.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <Field label="Note for whoever is told">
          {(ids) => (
            <TextArea
              {...ids}
              rows={2}
              className="font-sans text-sm"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Runbook" hint="Where the steps are written down">
          {(ids) => (
            <Input
              {...ids}
              value={runbook}
              placeholder="https://wiki.example.org/runbooks/shop"
              onChange={(event) => setRunbook(event.currentTarget.value)}
            />
          )}
        </Field>
        {isTried && flaw !== undefined && (
          <p role="alert" className="text-sm text-down">
            {flaw.path.join('.')}: {flaw.message}
          </p>
        )}
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}
