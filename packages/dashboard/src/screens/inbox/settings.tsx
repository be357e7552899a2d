import {
  NOTIFICATION_TYPES,
  type NotificationType,
  type PersonalQuiet,
  preferenceDefaults,
  type Preferences,
  PRIORITIES,
  type Ways,
} from '@statewire/model';
import { useClient } from '@statewire/react';
import { playTone } from '@statewire/react/components';
import { Volume2 } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { ownZone } from '../../lib/dated.ts';
import { prefer } from '../../live/command.ts';
import type { JsonObject } from '@statewire/protocol';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Field, Input, Select, Switch } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { failedToast } from '../../parts/toast.tsx';
import { problem } from '../../rest/request.ts';
import { priorities, typeLooks } from './look.ts';
import { PushPane } from './push-pane.tsx';

/** Its named fields only. */
interface QuietFields {
  days: readonly number[];
  from: string;
  to: string;
  zone: string;
  bypassUrgent: boolean;
}

type Wanted = Pick<Preferences, 'quiet' | 'throttle' | 'types'>;

interface Chosen {
  /** The version of the record that it was chosen on; 0 when there was none. */
  readonly base: number;
  readonly fields: Partial<Wanted>;
}

const WAYS = [
  ['inbox', 'Inbox'],
  ['push', 'Push'],
  ['sound', 'Sound'],
  ['email', 'E-mail'],
] as const;
const DAYS = ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'];
const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** What the person wants to be told, how loudly and when. Each change is kept at once. */
export function Settings(): ReactNode {
  const { rows, isLoading } = useRows('preferences');
  const own = rows[0] ?? null;
  // What was just chosen shows at once: until the record has moved, or the server refused.
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const saved = useRef<Promise<string | null>>(Promise.resolve(null));
  const pending = chosen !== null && chosen.base === (own?.version ?? 0) ? chosen.fields : {};
  if (isLoading) {
    return (
      <div className="pane overflow-clip">
        <BoneRows rows={7} className="h-14" />
      </div>
    );
  }
  const wanted: Wanted = { ...(own ?? preferenceDefaults), ...pending };
  const set = (fields: Partial<Wanted>, said: JsonObject = { ...fields }): void => {
    setChosen({ base: own?.version ?? 0, fields: { ...pending, ...fields } });
    // One after the other: until the first change has made the record, the next one has none to change.
    saved.current = saved.current.then(async (made) => {
      const kept = await prefer(own?.id ?? made, said);
      if (kept === null) setChosen(null);
      return kept ?? made;
    });
  };
  return (
    <div className="space-y-4">
      <Types
        wanted={wanted}
        // Only the type that was changed is said: another tab may be at the others.
        onChange={(types, type) => set({ types }, { types: { [type]: { ...types[type] } } })}
      />
      <Quiet key={JSON.stringify(wanted.quiet)} quiet={wanted.quiet} onChange={(quiet) => set({ quiet })} />
      <Throttle perHour={wanted.throttle.perHour} onChange={(perHour) => set({ throttle: { perHour } })} />
      <PushPane />
    </div>
  );
}

function Types({
  wanted,
  onChange,
}: {
  wanted: Wanted;
  onChange: (types: Wanted['types'], changed: NotificationType) => void;
}): ReactNode {
  const client = useClient();
  const change = (type: NotificationType, ways: Partial<Ways>): void =>
    onChange({ ...wanted.types, [type]: { ...wanted.types[type], ...ways } }, type);
  return (
    <Pane
      title="What you are told"
      actions={
        <Button tone="ghost" size="small" onClick={() => playTone('plain', client)}>
          <Volume2 aria-hidden /> Try the sound
        </Button>
      }
    >
      <ul>
        {NOTIFICATION_TYPES.map((type) => {
          const { icon: Icon, word, note } = typeLooks[type];
          const ways = wanted.types[type];
          return (
            <li key={type} className="border-b px-4 py-2.5 last:border-b-0">
              <fieldset className="flex flex-wrap items-center gap-x-5 gap-y-1.5">
                <legend className="sr-only">{word}</legend>
                <div className="flex min-w-0 flex-1 basis-52 items-start gap-3">
                  <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
                  <div className="min-w-0">
                    <p className="text-sm font-medium">{word}</p>
                    <p className="text-xs text-muted">{note}</p>
                  </div>
                </div>
                <div className="flex flex-wrap gap-x-4">
                  {WAYS.map(([way, title]) => (
                    <Switch
                      key={way}
                      label={title}
                      checked={ways[way]}
                      onChange={(isOn) => change(type, { [way]: isOn })}
                    />
                  ))}
                </div>
                <Select
                  aria-label={`${word}: from which priority on`}
                  value={ways.minPriority}
                  className="w-40"
                  onChange={(event) => {
                    const minPriority = PRIORITIES.find((name) => name === event.currentTarget.value);
                    if (minPriority !== undefined) change(type, { minPriority });
                  }}
                >
                  {PRIORITIES.map((name) => (
                    <option key={name} value={name}>
                      {name === 'low'
                        ? 'Any priority'
                        : `${priorities[name].word}${name === 'urgent' ? '' : ' and up'}`}
                    </option>
                  ))}
                </Select>
              </fieldset>
            </li>
          );
        })}
      </ul>
      <p className="border-t px-4 py-2.5 text-xs text-muted">
        Below its priority a type does not come at all. A sound is made only where it also comes to the inbox and while
        a tab is open. E-mail goes by the server's first enabled e-mail channel; without one none comes.
      </p>
    </Pane>
  );
}

function Quiet({
  quiet,
  onChange,
}: {
  quiet: PersonalQuiet | null;
  onChange: (quiet: PersonalQuiet | null) => void;
}): ReactNode {
  const [zone, setZone] = useState(quiet?.zone ?? ownZone());
  const change = (fields: Partial<QuietFields>): void => {
    if (quiet === null) return;
    const { days, from, to, zone: before, bypassUrgent } = quiet;
    onChange({ days, from, to, zone: before, bypassUrgent, ...fields });
  };
  return (
    <Pane title="Quiet hours" bodyClassName="space-y-3 px-4 py-3">
      <Switch
        label="Hours without sound, push and e-mail; the inbox fills all the same"
        checked={quiet !== null}
        onChange={(isOn) =>
          onChange(
            isOn
              ? { days: [0, 1, 2, 3, 4, 5, 6], from: '22:00', to: '07:00', zone: ownZone(), bypassUrgent: true }
              : null,
          )
        }
      />
      {quiet !== null && (
        <>
          <div className="grid gap-x-4 gap-y-1 sm:grid-cols-3">
            <Time label="From" value={quiet.from} onChange={(from) => change({ from })} />
            <Time label="To" value={quiet.to} onChange={(to) => change({ to })} />
            <Field label="Time zone" hint="As in Europe/Berlin">
              {(ids) => (
                <Input
                  {...ids}
                  value={zone}
                  onChange={(event) => setZone(event.currentTarget.value)}
                  onBlur={() => zone !== quiet.zone && change({ zone: zone.trim() })}
                />
              )}
            </Field>
          </div>
          <fieldset>
            <legend className="mb-1 text-sm font-medium">Nights (or days) that begin on</legend>
            <div className="flex flex-wrap gap-x-4">
              {DAYS.map((day, i) => (
                <Switch
                  key={day}
                  label={day}
                  name={DAY_NAMES[i]}
                  checked={quiet.days.includes(i)}
                  onChange={(isOn) =>
                    change({
                      days: isOn ? [...quiet.days, i].sort((a, b) => a - b) : quiet.days.filter((each) => each !== i),
                    })
                  }
                />
              ))}
            </div>
          </fieldset>
          <Switch
            label="What is urgent is heard all the same"
            checked={quiet.bypassUrgent}
            onChange={(bypassUrgent) => change({ bypassUrgent })}
          />
        </>
      )}
    </Pane>
  );
}

function Time({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (time: string) => void;
}): ReactNode {
  const [text, setText] = useState(value);
  return (
    <Field label={label}>
      {(ids) => (
        <Input
          {...ids}
          type="time"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onBlur={() => text !== '' && text !== value && onChange(text)}
        />
      )}
    </Field>
  );
}

const PER_HOUR_MAX = 1_000;

function Throttle({ perHour, onChange }: { perHour: number; onChange: (perHour: number) => void }): ReactNode {
  const [text, setText] = useState<string | null>(null);
  const keep = (): void => {
    setText(null);
    const n = Number(text);
    if (text === null || n === perHour) return;
    if (Number.isInteger(n) && n >= 1 && n <= PER_HOUR_MAX) onChange(n);
    else
      failedToast(
        problem(
          'bad_field',
          'Between 1 and 1,000 an hour',
          `Type a whole number from 1 to 1,000; it stays ${perHour}.`,
        ),
      );
  };
  return (
    <Pane title="Limit" bodyClassName="px-4 py-3">
      <Field
        label="New notifications an hour, at most"
        hint="What is beyond it becomes one summary with the newest word of each"
      >
        {(ids) => (
          <Input
            {...ids}
            type="number"
            inputMode="numeric"
            min={1}
            max={PER_HOUR_MAX}
            value={text ?? String(perHour)}
            className="max-w-32"
            onChange={(event) => setText(event.currentTarget.value)}
            onBlur={keep}
            onKeyDown={(event) => event.key === 'Enter' && keep()}
          />
        )}
      </Field>
    </Pane>
  );
}
