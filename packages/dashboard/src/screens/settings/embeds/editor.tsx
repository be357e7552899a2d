import type { Embed, EmbedPanel, EmbedView, Selector } from '@statewire/model';
import { collections } from '@statewire/model';
import { type FormEvent, type ReactNode, useState } from 'react';
import { textOf } from '../../../lib/form-text.ts';
import { serverNow } from '../../../lib/ticker.ts';
import { save } from '../../../live/command.ts';
import { Button } from '../../../parts/button.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Field, Input, Select, Switch, TextArea } from '../../../parts/field.tsx';
import { PickMany } from '../../../parts/pick-many.tsx';
import { ProblemNote } from '../../../parts/problem.tsx';
import { SelectorField } from '../../../parts/selector-field.tsx';
import { done } from '../../../parts/toast.tsx';
import { request, type Problem } from '../../../rest/request.ts';
import { isSelected, originsOf, PANEL_NAMES, PANELS, selectorIn } from './look.ts';

const DAY_MS = 86_400_000;

interface Props {
  readonly embed: Embed | null;
  readonly onClose: () => void;
  /** A new one is there: its tag is what the person came for. */
  readonly onMade: (id: string) => void;
}

/** What an embed shows, of what, where and until when. */
export function EmbedEditor({ embed, onClose, onMade }: Props): ReactNode {
  const [panel, setPanel] = useState<EmbedPanel>(embed?.panel ?? 'list');
  const [view, setView] = useState<EmbedView>(embed?.views[0] ?? usual('list'));
  const [isEnabled, setEnabled] = useState(embed?.isEnabled ?? true);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const choose = (next: EmbedPanel): void => {
    setPanel(next);
    const { of, fields } = PANELS[next];
    // Another panel draws other fields; which records stays, where they are of the same kind.
    setView((was) => ({ collection: of, filter: was.collection === of ? was.filter : null, fields }));
  };
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = textOf(form, 'days');
    const body = {
      name: textOf(form, 'name'),
      panel,
      views: [view, ...(embed?.views.slice(1) ?? [])],
      origins: originsOf(textOf(form, 'origins')),
      isEnabled,
      ...(days === 'keep' ? {} : { expiresAt: days === '0' ? null : Math.round(serverNow()) + Number(days) * DAY_MS }),
    };
    setBusy(true);
    const made = embed === null ? await request<{ readonly id: string }>('/v1/embeds', { method: 'POST', body }) : null;
    const failed =
      embed === null ? (made?.ok === false ? made.problem : null) : await save('embeds', embed.id, body, embed.version);
    setBusy(false);
    setProblem(failed);
    if (failed !== null) return;
    onClose();
    if (made?.ok === true) onMade(made.value.id);
    else done('Embed changed', 'Pages that show it show that now.');
  };
  const fields = collections[view.collection].fields.filter((field) => !BESIDE.has(field));
  return (
    <Dialog
      open
      onClose={onClose}
      title={embed === null ? 'New embed' : `Edit ${embed.name}`}
      note="Everybody who opens the page can read what it shows."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="embed-form" tone="primary" busy={busy}>
            {embed === null ? 'Make embed' : 'Save'}
          </Button>
        </>
      }
    >
      <form id="embed-form" onSubmit={(event) => void submit(event)} className="space-y-3">
        <div className="grid gap-x-4 sm:grid-cols-2">
          <Field label="Name" hint="Where it stands, for you.">
            {(ids) => (
              <Input
                {...ids}
                name="name"
                required
                maxLength={100}
                isFirst
                defaultValue={embed?.name ?? ''}
                placeholder="Shop on www"
              />
            )}
          </Field>
          <Field label="Panel">
            {(ids) => (
              <Select
                {...ids}
                value={panel}
                onChange={(event) => {
                  const next = PANEL_NAMES.find((name) => name === event.currentTarget.value);
                  if (next !== undefined) choose(next);
                }}
              >
                {PANEL_NAMES.map((name) => (
                  <option key={name} value={name}>
                    {PANELS[name].title}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        {isSelected(view.collection) && (
          <SelectorField
            key={view.collection}
            label={view.collection === 'jobs' ? 'Which jobs' : 'Which records'}
            value={selectorIn(view)}
            collections={[view.collection]}
            onChange={({ where }: Selector) => setView((was) => ({ ...was, filter: where }))}
          />
        )}
        <details>
          <summary className="cursor-pointer py-1 text-sm font-medium">
            Fields that are shown <span className="font-normal text-muted">{view.fields.join(', ')}</span>
          </summary>
          <div className="pt-2">
            <PickMany
              label="Fields"
              choices={fields.map((name) => ({ id: name, name }))}
              chosen={view.fields}
              onChange={(next) => setView((was) => ({ ...was, fields: next }))}
              empty=""
            />
          </div>
        </details>
        <Field label="Pages" hint="Origins that may show it, one a line. Empty: every page.">
          {(ids) => (
            <TextArea
              {...ids}
              name="origins"
              rows={2}
              defaultValue={(embed?.origins ?? []).join('\n')}
              placeholder="https://www.example.com"
            />
          )}
        </Field>
        <Field label="Ends">
          {(ids) => (
            <Select {...ids} name="days" defaultValue={embed === null ? '0' : 'keep'}>
              {embed !== null && <option value="keep">as it is</option>}
              <option value="0">never</option>
              <option value="30">in 30 days</option>
              <option value="90">in 90 days</option>
              <option value="365">in a year</option>
            </Select>
          )}
        </Field>
        <Switch label="Enabled" checked={isEnabled} onChange={setEnabled} />
        {problem !== null && <ProblemNote problem={problem} />}
      </form>
    </Dialog>
  );
}

/** Said beside the fields of every record. */
const BESIDE: ReadonlySet<string> = new Set(['id', 'org', 'version']);

function usual(panel: EmbedPanel): EmbedView {
  return { collection: PANELS[panel].of, filter: null, fields: PANELS[panel].fields };
}
