import type { ServiceKind } from '@statewire/model';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { kinds } from '../../lib/kinds.ts';
import { useNarrow } from '../../lib/media.ts';
import { Field, Select } from '../../parts/field.tsx';
import { kindDoes, kindGroups } from './kind-groups.ts';

/** What the thing is: every kind in its group, and one line about the chosen one. */
export function KindPicker({
  kind,
  onChange,
}: {
  kind: ServiceKind;
  onChange: (kind: ServiceKind) => void;
}): ReactNode {
  // On a phone eighteen buttons would push the form out of sight.
  if (useNarrow()) return <KindSelect kind={kind} onChange={onChange} />;
  return (
    <fieldset>
      <legend className="sr-only">What is it?</legend>
      <div className="space-y-1.5">
        {kindGroups.map((group) => (
          <div key={group.title} className="flex flex-wrap items-center gap-1.5">
            <span aria-hidden className="w-16 shrink-0 text-xs text-muted">
              {group.title}
            </span>
            {group.kinds.map((option) => (
              <KindChoice key={option} option={option} isChosen={kind === option} onChange={onChange} />
            ))}
          </div>
        ))}
      </div>
      <p aria-live="polite" className="mt-2.5 min-h-5 text-sm text-muted pl-17.5">
        {kindDoes[kind]}
      </p>
    </fieldset>
  );
}

function KindSelect({ kind, onChange }: { kind: ServiceKind; onChange: (kind: ServiceKind) => void }): ReactNode {
  return (
    <Field label="What is it?" hint={kindDoes[kind]}>
      {(ids) => (
        <Select
          {...ids}
          value={kind}
          onChange={(event) => {
            const next = kindGroups.flatMap((group) => group.kinds).find((each) => each === event.currentTarget.value);
            if (next !== undefined) onChange(next);
          }}
        >
          {kindGroups.map((group) => (
            <optgroup key={group.title} label={group.title}>
              {group.kinds.map((option) => (
                <option key={option} value={option}>
                  {kinds[option].title}
                </option>
              ))}
            </optgroup>
          ))}
        </Select>
      )}
    </Field>
  );
}

function KindChoice({
  option,
  isChosen,
  onChange,
}: {
  option: ServiceKind;
  isChosen: boolean;
  onChange: (kind: ServiceKind) => void;
}): ReactNode {
  const { icon: Icon, title } = kinds[option];
  return (
    <label
      className={cx(
        'flex h-8 cursor-pointer items-center gap-2 rounded-control border px-2.5 text-sm has-focus-visible:outline-2 has-focus-visible:outline-accent pointer-coarse:h-10',
        isChosen ? 'border-accent bg-accent-soft' : 'hover:bg-hover',
      )}
    >
      <input
        type="radio"
        name="kind"
        value={option}
        checked={isChosen}
        onChange={() => onChange(option)}
        className="sr-only"
      />
      <Icon aria-hidden className={cx('size-4', isChosen ? 'text-accent' : 'text-muted')} />
      {title}
    </label>
  );
}
