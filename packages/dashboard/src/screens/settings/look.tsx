import { lookDefaults } from '@statewire/model';
import { Monitor, Moon, Rows3, Rows4, Sun } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, exact } from '../../lib/format.ts';
import { chooseLook, useLook } from '../../lib/look.ts';
import { serverNow, useTick } from '../../lib/ticker.ts';
import { Field, Select } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';

/** How one's own screens look, in every browser of one's own. Each choice holds at once and is kept by the server. */
export function LookPane(): ReactNode {
  const look = useLook();
  const zones = useMemo(() => zonesOf(), []);
  const locales = useMemo(() => localesOf(look.locale), [look.locale]);
  return (
    <Pane title="How it looks" note="in every browser where you are signed in">
      <Choice label="Theme" choices={THEMES} value={look.theme} onChoose={(theme) => chooseLook({ theme })} />
      <Choice label="Tables" choices={DENSITIES} value={look.density} onChoose={(density) => chooseLook({ density })} />
      <Choice label="Hours" choices={HOURS} value={look.hours} onChoose={(hours) => chooseLook({ hours })} />
      <div className="grid gap-x-3 gap-y-2 border-t px-4 py-3 sm:grid-cols-2">
        <Field label="Time zone" hint={<Sample key={JSON.stringify(look)} />}>
          {(ids) => (
            <Select
              {...ids}
              value={look.zone ?? ''}
              onChange={(event) => chooseLook({ zone: event.currentTarget.value || lookDefaults.zone })}
            >
              <option value="">as this browser</option>
              {look.zone !== null && !zones.includes(look.zone) && <option>{look.zone}</option>}
              {zones.map((zone) => (
                <option key={zone}>{zone}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Numbers and dates" hint={`Like ${count(1_234_567)}`}>
          {(ids) => (
            <Select
              {...ids}
              value={look.locale ?? ''}
              onChange={(event) => chooseLook({ locale: event.currentTarget.value || lookDefaults.locale })}
            >
              <option value="">as this browser</option>
              {locales.map(([tag, name]) => (
                <option key={tag} value={tag}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
    </Pane>
  );
}

/** The time as it is told now. */
function Sample(): ReactNode {
  const ref = useTick<HTMLSpanElement>(exact);
  return (
    <>
      Now it is <span ref={ref}>{exact(serverNow())}</span>
    </>
  );
}

interface ChoiceOf<T> {
  readonly value: T;
  readonly title: string;
  readonly icon?: typeof Sun;
}

function Choice<T extends string>({
  label,
  choices,
  value: chosen,
  onChoose,
}: {
  label: string;
  choices: readonly ChoiceOf<T>[];
  value: T;
  onChoose: (value: T) => void;
}): ReactNode {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 border-t px-4 py-2.5 first:border-t-0">
      <p className="text-sm font-medium">{label}</p>
      <fieldset aria-label={label} className="flex rounded-control bg-sunken p-0.5">
        {choices.map(({ value, title, icon: Icon }) => (
          <button
            key={value}
            type="button"
            aria-pressed={chosen === value}
            onClick={() => onChoose(value)}
            className={cx(
              'flex h-7 items-center gap-1.5 rounded-[5px] px-2.5 text-sm text-muted pointer-coarse:h-10',
              chosen === value && 'bg-surface font-medium text-text',
            )}
          >
            {Icon !== undefined && <Icon aria-hidden className="size-3.5" />}
            {title}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

const THEMES = [
  { value: 'light', title: 'Light', icon: Sun },
  { value: 'dark', title: 'Dark', icon: Moon },
  { value: 'system', title: 'System', icon: Monitor },
] as const;
const DENSITIES = [
  { value: 'comfortable', title: 'Comfortable', icon: Rows3 },
  { value: 'dense', title: 'Dense', icon: Rows4 },
] as const;
const HOURS = [
  { value: '24', title: '24 hours' },
  { value: '12', title: '12 hours' },
] as const;

function zonesOf(): readonly string[] {
  const all = Intl.supportedValuesOf('timeZone');
  return all.includes('UTC') ? all : ['UTC', ...all];
}

/** Some of the many, and the one that was chosen elsewhere, each by its own name. */
function localesOf(chosen: string | null): readonly (readonly [tag: string, name: string])[] {
  const tags = chosen === null || TAGS.includes(chosen) ? TAGS : [chosen, ...TAGS];
  return tags.map((tag) => [tag, new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag]);
}

const TAGS: readonly string[] = [
  'en-US',
  'en-GB',
  'en-CA',
  'de-DE',
  'de-CH',
  'fr-FR',
  'es-ES',
  'pt-BR',
  'it-IT',
  'nl-NL',
  'pl-PL',
  'sv-SE',
  'cs-CZ',
  'tr-TR',
  'ja-JP',
  'zh-CN',
  'ko-KR',
];
