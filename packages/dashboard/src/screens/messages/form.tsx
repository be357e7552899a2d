import { MESSAGE_BODY_MAX } from '@statewire/model';
import { type ReactNode, useState } from 'react';
import { ownZone } from '../../lib/dated.ts';
import { count } from '../../lib/format.ts';
import { Field, Input, Select, Switch, TextArea } from '../../parts/field.tsx';
import { InstantField } from '../../parts/instant-field.tsx';
import { CustomersField } from './customers-field.tsx';
import type { FlawedField, MessageFields } from './fields.ts';
import { audienceWords, priorityLooks } from './look.ts';
import { Preview } from './preview.tsx';
import { Reach } from './reach.tsx';
import { AUDIENCES, PRIORITIES } from './search.ts';

/** Its id, for the button that stands outside of it: without one Enter does nothing. */
export const MESSAGE_FORM = 'message-form';

interface Props {
  readonly fields: MessageFields;
  readonly flaws: Partial<Record<FlawedField, string>>;
  /** Somebody tried to send it: what is missing is said, too. */
  readonly isTried: boolean;
  readonly onType: (typed: Partial<MessageFields>) => void;
  readonly onSubmit: () => void;
}

/** What a message says, to whom and when. A flaw is said as soon as its field was typed in. */
export function Form({ fields, flaws, isTried, onType, onSubmit }: Props): ReactNode {
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const type = (typed: Partial<MessageFields>, ...fieldsOfIt: readonly FlawedField[]): void => {
    setTouched(new Set([...touched, ...fieldsOfIt]));
    onType(typed);
  };
  const flaw = (field: FlawedField): string | undefined => (isTried || touched.has(field) ? flaws[field] : undefined);
  const { title, body, priority, audience, customers, link, dismissible, startsAt, endsAt } = fields;
  return (
    <form
      id={MESSAGE_FORM}
      className="space-y-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Field label="Title" error={flaw('title')}>
        {(ids) => (
          <Input
            {...ids}
            isFirst
            value={title}
            placeholder="Payments are slow"
            onChange={(event) => type({ title: event.currentTarget.value }, 'title')}
          />
        )}
      </Field>
      <Field
        label="Text"
        error={flaw('body')}
        hint={
          body.length > MESSAGE_BODY_MAX * 0.8
            ? `${count(body.length)} of ${count(MESSAGE_BODY_MAX)} characters`
            : 'Markdown: **strong**, lists, links; no HTML and no images'
        }
      >
        {(ids) => (
          <TextArea
            {...ids}
            rows={5}
            className="font-sans text-sm"
            value={body}
            onChange={(event) => type({ body: event.currentTarget.value }, 'body')}
          />
        )}
      </Field>
      <div className="grid gap-x-3 sm:grid-cols-2">
        <Field label="Link" error={flaw('linkText')} hint="What it is called">
          {(ids) => (
            <Input
              {...ids}
              value={link.text}
              placeholder="Read more"
              onChange={(event) => type({ link: { ...link, text: event.currentTarget.value } }, 'linkText')}
            />
          )}
        </Field>
        <Field label="Where it leads" error={flaw('linkUrl')} hint="https://, or a path such as /help">
          {(ids) => (
            <Input
              {...ids}
              inputMode="url"
              value={link.url}
              placeholder="https://example.com/help"
              onChange={(event) => type({ link: { ...link, url: event.currentTarget.value } }, 'linkUrl')}
            />
          )}
        </Field>
      </div>
      <Preview fields={fields} />
      <div className="grid gap-x-3 pt-2 sm:grid-cols-2">
        <Field
          label="Priority"
          hint={priority === 'critical' && audience !== 'customers' ? 'Comes into the inbox of your people, too' : ''}
        >
          {(ids) => (
            <Select
              {...ids}
              value={priority}
              onChange={(event) =>
                type({ priority: PRIORITIES.find((each) => each === event.currentTarget.value) ?? priority })
              }
            >
              {PRIORITIES.toReversed().map((each) => (
                <option key={each} value={each}>
                  {priorityLooks[each].word}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="For whom">
          {(ids) => (
            <Select
              {...ids}
              value={audience}
              onChange={(event) => {
                const next = AUDIENCES.find((each) => each === event.currentTarget.value) ?? audience;
                // Only customers can be named.
                type({ audience: next, ...(next === 'customers' || customers === null ? {} : { customers: null }) });
              }}
            >
              {AUDIENCES.map((each) => (
                <option key={each} value={each}>
                  {audienceWords[each]}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {audience === 'customers' && (
        <CustomersField
          value={customers}
          error={flaw('customers')}
          onChange={(ids) => type({ customers: ids }, 'customers')}
        />
      )}
      <p aria-live="polite" className="rounded-control bg-sunken px-3 py-2 text-sm text-muted">
        Reaches <Reach audience={audience} customers={customers} />
      </p>
      <div className="grid gap-x-3 pt-2 sm:grid-cols-2">
        <InstantField
          label="Begins"
          value={startsAt}
          error={flaw('startsAt')}
          hint="Empty: as soon as it is activated"
          onChange={(at) => type({ startsAt: at }, 'startsAt', 'endsAt')}
        />
        <InstantField
          label="Ends"
          value={endsAt}
          error={flaw('endsAt')}
          hint="Empty: when it is withdrawn"
          onChange={(at) => type({ endsAt: at }, 'endsAt')}
        />
      </div>
      <p className="text-xs text-muted">Times are told in {ownZone()} and kept by the server’s clock.</p>
      <Switch label="Readers may put it away" checked={dismissible} onChange={(next) => type({ dismissible: next })} />
    </form>
  );
}
