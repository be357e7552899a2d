import { type RuleCondition, STATUSES } from '@statewire/model';
import type { ReactNode } from 'react';
import { Field, Input, Select } from '../../parts/field.tsx';
import { SpanField } from '../../parts/span-field.tsx';
import { type ConditionKind, families } from './condition.ts';

interface Props {
  readonly value: RuleCondition;
  readonly onChange: (when: RuleCondition) => void;
}

const KINDS = Object.keys(families).filter((name): name is ConditionKind => Object.hasOwn(families, name));

/** When a rule is true: the family, then its own few questions. */
export function ConditionField({ value, onChange }: Props): ReactNode {
  return (
    <fieldset className="space-y-2">
      <legend className="sr-only">Condition</legend>
      <Field label="Fires when" hint={families[value.kind].hint}>
        {(ids) => (
          <Select
            {...ids}
            value={value.kind}
            onChange={(event) => {
              const kind = KINDS.find((name) => name === event.currentTarget.value);
              if (kind !== undefined && kind !== value.kind) onChange(families[kind].start);
            }}
          >
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {families[kind].title}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Questions value={value} onChange={onChange} />
    </fieldset>
  );
}

function Questions({ value, onChange }: Props): ReactNode {
  switch (value.kind) {
    case 'status':
      return <Words label="Statuses" all={STATUSES} chosen={value.is} onChange={(is) => onChange({ ...value, is })} />;
    case 'freshness':
      return (
        <Words
          label="How silent"
          all={['late', 'expired']}
          chosen={value.is}
          onChange={(is) => onChange({ ...value, is })}
        />
      );
    case 'latency':
      return (
        <div className="grid gap-3 sm:grid-cols-3">
          <Choice
            label="Percentile"
            all={['p50', 'p95', 'p99']}
            value={value.q}
            onChange={(q) => onChange({ ...value, q })}
          />
          <Count
            label="Above, ms"
            value={value.aboveMs}
            onChange={(aboveMs) => onChange({ ...value, aboveMs: aboveMs ?? value.aboveMs })}
          />
          <Over value={value.overMs} onChange={(overMs) => onChange({ ...value, overMs })} />
        </div>
      );
    case 'errors':
      return (
        <div className="grid gap-3 sm:grid-cols-2">
          <Count
            label="More than, %"
            value={Math.round(value.above * 1000) / 10}
            onChange={(percent) => onChange({ ...value, above: (percent ?? 10) / 100 })}
          />
          <Over value={value.overMs} onChange={(overMs) => onChange({ ...value, overMs })} />
        </div>
      );
    case 'run':
      return (
        <div className="space-y-2">
          <Words
            label="Ends"
            all={['lost', 'failed', 'timed_out', 'stalled']}
            chosen={value.is}
            onChange={(is) => onChange({ ...value, is })}
          />
          {value.is.includes('stalled') && (
            <SpanField
              label="Stands still for"
              value={value.stalledMs}
              onChange={(ms) => ms !== null && onChange({ ...value, stalledMs: ms })}
            />
          )}
        </div>
      );
    case 'certificate':
      return (
        <Count
          label="Days left"
          value={value.days}
          onChange={(days) => onChange({ ...value, days: days ?? value.days })}
        />
      );
    case 'reconnects':
      return (
        <div className="grid gap-3 sm:grid-cols-2">
          <Count
            label="Times"
            value={value.count}
            onChange={(count) => onChange({ ...value, count: count ?? value.count })}
          />
          <Over value={value.overMs} onChange={(overMs) => onChange({ ...value, overMs })} />
        </div>
      );
    case 'metric':
      return (
        <div className="grid gap-3 sm:grid-cols-2">
          <Line
            label="Record of metrics"
            value={value.subject}
            onChange={(subject) => onChange({ ...value, subject })}
          />
          <Line label="Number" value={value.name} onChange={(name) => onChange({ ...value, name })} />
          <Count label="Above" isOptional value={value.above} onChange={(above) => onChange({ ...value, above })} />
          <Count label="Below" isOptional value={value.below} onChange={(below) => onChange({ ...value, below })} />
          <Count
            label="Changes by, %"
            isOptional
            value={value.change === null ? null : Math.round(value.change * 100)}
            onChange={(percent) => onChange({ ...value, change: percent === null ? null : percent / 100 })}
          />
          <Over value={value.overMs} onChange={(overMs) => onChange({ ...value, overMs })} />
        </div>
      );
    case 'trend':
      return (
        <div className="grid gap-3 sm:grid-cols-2">
          <Choice
            label="Of"
            all={['latency', 'metric']}
            value={value.of}
            onChange={(of) =>
              onChange({
                ...value,
                of,
                ...(of === 'latency' ? { subject: null, name: null } : { subject: 'fleet', name: '' }),
              })
            }
          />
          <Count
            label={value.of === 'latency' ? 'Limit, ms' : 'Limit'}
            value={value.limit}
            onChange={(limit) => onChange({ ...value, limit: limit ?? value.limit })}
          />
          <SpanField
            label="Within"
            value={value.withinMs}
            onChange={(ms) => ms !== null && onChange({ ...value, withinMs: ms })}
          />
          {value.of === 'metric' && (
            <>
              <Line
                label="Record of metrics"
                value={value.subject ?? ''}
                onChange={(subject) => onChange({ ...value, subject })}
              />
              <Line label="Number" value={value.name ?? ''} onChange={(name) => onChange({ ...value, name })} />
            </>
          )}
        </div>
      );
    case 'anomaly':
      return (
        <div className="grid gap-3 sm:grid-cols-2">
          <Choice
            label="Of"
            all={['latency', 'errors']}
            value={value.of}
            onChange={(of) => onChange({ ...value, of })}
          />
          <Count
            label="Deviations from usual"
            value={value.sensitivity}
            onChange={(sensitivity) => onChange({ ...value, sensitivity: sensitivity ?? value.sensitivity })}
          />
        </div>
      );
    default:
      return null;
  }
}

function Words<W extends string>({
  label,
  all,
  chosen,
  onChange,
}: {
  label: string;
  all: readonly W[];
  chosen: readonly W[];
  onChange: (words: readonly W[]) => void;
}): ReactNode {
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-x-4">
        {all.map((word) => (
          <label key={word} className="flex min-h-8 items-center gap-2 text-sm pointer-coarse:min-h-11">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={chosen.includes(word)}
              // The last one stays: a rule about nothing would never fire and look as if it watched.
              disabled={chosen.length === 1 && chosen.includes(word)}
              onChange={() =>
                onChange(all.filter((each) => (each === word ? !chosen.includes(word) : chosen.includes(each))))
              }
            />
            {word.replace('_', ' ')}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Choice<W extends string>({
  label,
  all,
  value,
  onChange,
}: {
  label: string;
  all: readonly W[];
  value: W;
  onChange: (word: W) => void;
}): ReactNode {
  return (
    <Field label={label}>
      {(ids) => (
        <Select
          {...ids}
          value={value}
          onChange={(event) => {
            const word = all.find((each) => each === event.currentTarget.value);
            if (word !== undefined) onChange(word);
          }}
        >
          {all.map((word) => (
            <option key={word} value={word}>
              {word}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function Count({
  label,
  value,
  onChange,
  isOptional = false,
}: {
  label: string;
  value: number | null;
  onChange: (n: number | null) => void;
  isOptional?: boolean;
}): ReactNode {
  return (
    <Field label={label}>
      {(ids) => (
        <Input
          {...ids}
          type="number"
          step="any"
          defaultValue={value ?? ''}
          placeholder={isOptional ? 'none' : ''}
          onChange={(event) => {
            const n = event.currentTarget.valueAsNumber;
            onChange(Number.isNaN(n) ? null : n);
          }}
        />
      )}
    </Field>
  );
}

function Line({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (text: string) => void;
}): ReactNode {
  return (
    <Field label={label}>
      {(ids) => <Input {...ids} value={value} onChange={(event) => onChange(event.currentTarget.value)} />}
    </Field>
  );
}

function Over({ value, onChange }: { value: number; onChange: (ms: number) => void }): ReactNode {
  return <SpanField label="Over" value={value} onChange={(ms) => ms !== null && onChange(ms)} />;
}
