import { type Fusion, rootsOf } from '@statewire/model';
import type { ReactNode } from 'react';
import { useRows } from '../../live/rows.ts';
import { kinds } from '../../lib/kinds.ts';
import { Field, Select, Switch } from '../../parts/field.tsx';
import { PickMany } from '../../parts/pick-many.tsx';
import { ConditionsField } from './conditions-field.tsx';
import { type Form, TextField } from './form.tsx';
import { ProbeFields } from './probe-fields.tsx';
import { isTargeted } from './read.ts';
import { Secret } from './secret-fields.tsx';
import { hasHeaders } from './secrets.ts';

/** What few people need when they add a service: how exactly it is asked, when a change counts, what it belongs to. */
export function MoreFields({ form }: { form: Form }): ReactNode {
  const { draft } = form;
  return (
    <div className="space-y-6 pt-3">
      {isTargeted(draft.kind) && (
        <Section title="How it is asked">
          <Asking form={form} />
        </Section>
      )}
      {isTargeted(draft.kind) && (
        <Section title="When a change counts">
          <Counting form={form} />
        </Section>
      )}
      <Section title="What it belongs to">
        <Belonging form={form} />
      </Section>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <section aria-label={title} className="space-y-3">
      <h3 className="border-b pb-1.5 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Asking({ form }: { form: Form }): ReactNode {
  const { draft, set } = form;
  return (
    <>
      <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
        <TextField form={form} field="timeout" label="Time out after" placeholder="10 s" />
        {draft.kind === 'http' && (
          <>
            <Field label="Method">
              {(ids) => (
                <Select
                  {...ids}
                  value={draft.method}
                  onChange={(event) => set({ method: METHODS.find((m) => m === event.currentTarget.value) ?? 'GET' })}
                >
                  {METHODS.map((method) => (
                    <option key={method}>{method}</option>
                  ))}
                </Select>
              )}
            </Field>
            <TextField form={form} field="expectStatus" label="Good status" hint="200-299, 304" isCode />
            <TextField form={form} field="keyword" label="Must contain" hint="Text in the body." />
          </>
        )}
      </div>
      {draft.kind === 'http' && (
        <Switch
          label="Follow redirects"
          checked={draft.followRedirects}
          onChange={(followRedirects) => set({ followRedirects })}
        />
      )}
      {draft.kind === 'mcp' && <McpFields form={form} />}
      <ProbeFields form={form} isMain={false} />
      {hasHeaders(draft.kind) && (
        <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
          <TextField form={form} field="headers" label="Headers" hint="One “Name: value” per line." rows={2} />
          <Secret form={form} field="secretHeaders" />
        </div>
      )}
    </>
  );
}

const METHODS = ['GET', 'HEAD', 'POST'] as const;

function McpFields({ form }: { form: Form }): ReactNode {
  return (
    <>
      <Field
        label="Session"
        hint="Holding notices a killed server at once; a fresh session per check tests signing in each time."
      >
        {(ids) => (
          <Select
            {...ids}
            value={form.draft.mode}
            onChange={(event) => form.set({ mode: event.currentTarget.value === 'fresh' ? 'fresh' : 'hold' })}
          >
            <option value="hold">Hold one session open</option>
            <option value="fresh">Open and close one per check</option>
          </Select>
        )}
      </Field>
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
        <TextField
          form={form}
          field="canaryTool"
          label="Canary tool"
          hint="A read-only tool to call at each check."
          isCode
        />
        <TextField form={form} field="canaryArgs" label="Canary arguments" hint="JSON" rows={1} placeholder="{}" />
      </div>
    </>
  );
}

function Counting({ form }: { form: Form }): ReactNode {
  const { draft, set } = form;
  return (
    <>
      <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
        {draft.isWindow ? (
          <>
            <TextField form={form} field="windowBad" label="Down when" hint="checks fail" inputMode="numeric" />
            <TextField form={form} field="windowSize" label="Of the last" hint="checks" inputMode="numeric" />
          </>
        ) : (
          <>
            <TextField form={form} field="failAfter" label="Down after" hint="failures in a row" inputMode="numeric" />
            <TextField
              form={form}
              field="recoverAfter"
              label="Up after"
              hint="successes in a row"
              inputMode="numeric"
            />
          </>
        )}
        <TextField
          form={form}
          field="degradedMs"
          label="Degraded above"
          hint="ms at p95; never when empty"
          inputMode="numeric"
        />
      </div>
      <Switch
        label="Count in a sliding window instead of in a row: for targets behind a load balancer"
        checked={draft.isWindow}
        onChange={(isWindow) => set({ isWindow })}
      />
      {rootsOf(draft.kind).length > 0 && (
        <ConditionsField
          kind={draft.kind}
          label="Should hold"
          hint="One that does not makes the service degraded."
          lines={draft.degradedConditions}
          onChange={(degradedConditions) => set({ degradedConditions })}
        />
      )}
      <FusionFields form={form} />
    </>
  );
}

const FUSIONS: Readonly<Record<Fusion['rule'], string>> = {
  majority: 'Down when more than half say so',
  any: 'Down when one says so',
  all: 'Down when all say so',
  named: 'One of them decides',
};
const FUSION_RULES = ['majority', 'any', 'all', 'named'] as const;

function FusionFields({ form }: { form: Form }): ReactNode {
  const { draft, service, set } = form;
  const observers = Object.keys(service?.observers ?? {});
  return (
    <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
      <Field label="With several observers" hint="Others may report on it too, beside our own checks.">
        {(ids) => (
          <Select
            {...ids}
            value={draft.fusionRule}
            onChange={(event) => {
              const fusionRule = FUSION_RULES.find((rule) => rule === event.currentTarget.value);
              if (fusionRule !== undefined) set({ fusionRule });
            }}
          >
            {FUSION_RULES.map((rule) => (
              <option key={rule} value={rule}>
                {FUSIONS[rule]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {draft.fusionRule === 'named' && (
        <TextField
          form={form}
          field="fusionNamed"
          label="Observer"
          placeholder="server"
          hint={observers.length === 0 ? 'server is our own check.' : `Now: ${observers.join(', ')}`}
          isCode
        />
      )}
    </div>
  );
}

function Belonging({ form }: { form: Form }): ReactNode {
  const { draft, service, set } = form;
  const services = useRows('services');
  const agents = useRows('agents');
  const known = [
    ...services.rows
      .filter(({ id }) => id !== service?.id)
      .map((row) => ({ id: `services/${row.id}`, name: row.name, note: kinds[row.kind].title })),
    ...agents.rows.map((row) => ({ id: `agents/${row.id}`, name: row.name, note: 'Agent' })),
  ];
  const others = draft.dependsOn
    .filter((ref) => ref.startsWith('connections/'))
    .map((ref) => ({ id: ref, name: ref.slice('connections/'.length), note: 'Connection' }));
  return (
    <>
      <div>
        <PickMany
          label="Needs these to work"
          choices={[...others, ...known]}
          chosen={draft.dependsOn}
          onChange={(dependsOn) => set({ dependsOn })}
          empty="There is nothing else yet that it could need."
        />
        <p className={`mt-1 text-xs ${form.errorOf('dependsOn') === undefined ? 'text-muted' : 'text-down'}`}>
          {form.errorOf('dependsOn') ?? 'While one of them is down, alerts of this one are folded into its alert.'}
        </p>
      </div>
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
        <TextField
          form={form}
          field="id"
          label="Id"
          hint={service === null ? 'Made from the name when empty. It never changes.' : 'An id never changes.'}
          placeholder="search-api"
          isReadOnly={service !== null}
          isCode
        />
        <TextField form={form} field="group" label="Heading" hint="Services with the same one stand together." />
      </div>
      <TextField form={form} field="description" label="Description" />
      <TextField
        form={form}
        field="labels"
        label="Labels"
        hint="One key=value per line."
        rows={2}
        placeholder="env=prod"
      />
    </>
  );
}
