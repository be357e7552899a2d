import type { Members } from '@statewire/model';
import { selects } from '@statewire/model';
import type { ReactNode } from 'react';
import { plural } from '../../lib/format.ts';
import { kindNames, kinds } from '../../lib/kinds.ts';
import { type Selection, selectorOf } from '../../lib/selection.ts';
import { useRows } from '../../live/rows.ts';
import { Field, Input, Select } from '../../parts/field.tsx';
import { PickMany } from '../../parts/pick-many.tsx';
import { type Form, TextField } from './form.tsx';

const RULES: Readonly<Record<Members['rule'], readonly [title: string, hint: string]>> = {
  worst: ['The worst of all', 'Down as soon as one member is down.'],
  any: ['The best of all', 'Up as long as one member is up.'],
  quorum: ['So many down', 'Down when that many members are down, degraded before.'],
  weighted: ['By weight', 'Down when half of the weight is down, degraded before.'],
};
const RULE_NAMES = ['worst', 'any', 'quorum', 'weighted'] as const;

const OTHERS: Readonly<Record<Exclude<Selection['by'], 'ids'>, string>> = {
  all: 'No others',
  group: 'All of a group',
  label: 'All with a label',
  kind: 'All of a kind',
  other: 'By a filter (written elsewhere)',
};
const OTHER_NAMES = ['all', 'group', 'label', 'kind'] as const;

// So many weights are asked for; others keep what they have.
const WEIGHTS_SHOWN_MAX = 50;

/** What a group consists of, and how its members' states become one. */
export function MembersField({ form }: { form: Form }): ReactNode {
  const { draft, set } = form;
  const { rows } = useRows('services');
  const where = draft.memberWhere;
  const others = rows.filter((row) => row.id !== draft.id && row.kind !== 'group');
  const selector = where.by === 'all' ? null : selectorOf(where);
  const found =
    selector === null || typeof selector === 'string' ? [] : others.filter((row) => selects(selector, 'services', row));
  const ways = where.by === 'other' ? ([...OTHER_NAMES, 'other'] as const) : OTHER_NAMES;
  const setWhere = (next: Partial<Selection>): void => set({ memberWhere: { ...where, ...next } });
  const refs = [...new Set([...draft.memberRefs, ...found.map(({ id }) => `services/${id}`)])];
  const nameOf = (ref: string): string => rows.find(({ id }) => `services/${id}` === ref)?.name ?? ref;
  return (
    <>
      <div>
        <PickMany
          label="Members"
          choices={rows
            .filter(({ id }) => id !== draft.id)
            .map((row) => ({ id: `services/${row.id}`, name: row.name, note: kinds[row.kind].title }))}
          chosen={draft.memberRefs}
          onChange={(memberRefs) => set({ memberRefs })}
          empty="There are no services yet."
        />
        {form.errorOf('memberRefs') !== undefined && (
          <p className="mt-1 text-xs text-down">{form.errorOf('memberRefs')}</p>
        )}
      </div>
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
        <Field
          label="And by themselves"
          hint={
            where.by === 'all'
              ? 'Services that come later join on their own.'
              : `${plural(found.length, 'service')} now`
          }
          error={form.errorOf('memberWhere')}
        >
          {(ids) => (
            <Select
              {...ids}
              value={where.by}
              onChange={(event) => {
                const by = ways.find((way) => way === event.currentTarget.value);
                if (by !== undefined) setWhere({ by, values: [] });
              }}
            >
              {ways.map((way) => (
                <option key={way} value={way}>
                  {OTHERS[way]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {(where.by === 'group' || where.by === 'label') && (
          <Field label={where.by === 'group' ? 'Group' : 'Label'}>
            {(ids) => (
              <Input
                {...ids}
                value={where.values[0] ?? ''}
                placeholder={where.by === 'group' ? 'shop' : 'env=prod'}
                onChange={(event) => setWhere({ values: [event.currentTarget.value] })}
                onBlur={() => form.touch('memberWhere')}
              />
            )}
          </Field>
        )}
        {where.by === 'kind' && (
          <PickMany
            label="Kinds"
            choices={kindNames
              .filter((kind) => kind !== 'group')
              .map((kind) => ({ id: kind, name: kinds[kind].title }))}
            chosen={where.values}
            onChange={(values) => setWhere({ values })}
            empty=""
          />
        )}
      </div>
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
        <Field label="Its state" hint={RULES[draft.memberRule][1]}>
          {(ids) => (
            <Select
              {...ids}
              value={draft.memberRule}
              onChange={(event) => {
                const memberRule = RULE_NAMES.find((rule) => rule === event.currentTarget.value);
                if (memberRule !== undefined) set({ memberRule });
              }}
            >
              {RULE_NAMES.map((rule) => (
                <option key={rule} value={rule}>
                  {RULES[rule][0]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {draft.memberRule === 'quorum' && (
          <TextField form={form} field="memberBad" label="Down when" hint="members are down" inputMode="numeric" />
        )}
      </div>
      {draft.memberRule === 'weighted' && refs.length > 0 && (
        <fieldset>
          <legend className="mb-1.5 text-sm font-medium">Weights</legend>
          <ul className="grid max-h-56 gap-x-4 gap-y-1.5 overflow-y-auto sm:grid-cols-2">
            {refs.slice(0, WEIGHTS_SHOWN_MAX).map((ref) => (
              <li key={ref} className="flex items-center gap-2 text-sm">
                <span className="min-w-0 flex-1 truncate">{nameOf(ref)}</span>
                <Input
                  aria-label={`Weight of ${nameOf(ref)}`}
                  value={draft.memberWeights[ref] ?? ''}
                  placeholder="1"
                  inputMode="decimal"
                  className="w-20"
                  onChange={(event) =>
                    set({ memberWeights: { ...draft.memberWeights, [ref]: event.currentTarget.value } })
                  }
                  onBlur={() => form.touch('memberWeights')}
                />
              </li>
            ))}
          </ul>
          {form.errorOf('memberWeights') !== undefined && (
            <p className="mt-1 text-xs text-down">{form.errorOf('memberWeights')}</p>
          )}
        </fieldset>
      )}
    </>
  );
}
