import type { ReactNode } from 'react';
import { plural } from '../../lib/format.ts';
import { Copyable } from '../../parts/copy.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import type { Drafted } from '../../rest/captures.ts';

/** What a capture would be: its first rows as records, and what is left to do, in the order in which it is done. */
export function Outcome({ drafted }: { drafted: Drafted }): ReactNode {
  const { previews, sql, yaml, variable, trouble } = drafted;
  return (
    <div className="space-y-4">
      {previews.map((preview) => (
        <Rows key={preview.table} preview={preview} />
      ))}
      {trouble === null && (
        <ol className="space-y-4">
          {sql.length > 0 && (
            <Step title="Run this in the database, as whoever owns the tables">
              <Copyable text={sql.join('\n')} />
            </Step>
          )}
          <Step title="Add this to the configuration file">
            <Copyable text={yaml.trimEnd()} />
          </Step>
          <Step
            title={
              <>
                Put the connection into the variable <code className="code">{variable}</code>, and restart the server
              </>
            }
          >
            <p className="text-sm text-muted">It then stands in the list of this page, with how far it is.</p>
          </Step>
        </ol>
      )}
    </div>
  );
}

function Step({ title, children }: { title: ReactNode; children: ReactNode }): ReactNode {
  return (
    <li className="list-inside list-decimal space-y-2 marker:text-muted">
      <span className="text-sm font-medium">{title}</span>
      {children}
    </li>
  );
}

function Rows({ preview }: { preview: Drafted['previews'][number] }): ReactNode {
  const { table, collection, rows, missing, left, refusals } = preview;
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row.fields)))];
  const notes = [
    missing.length === 0 ? '' : `The table lacks ${missing.join(', ')}.`,
    left === 0 ? '' : `${plural(left, 'row')} would be no record.`,
    ...refusals.map((text) => `Left out: ${text}.`),
  ].filter((note) => note !== '');
  return (
    <section>
      <h4 className="text-sm font-medium">
        {table} <span className="font-normal text-muted">becomes {collection}</span>
      </h4>
      {rows.length === 0 ? (
        <p className="mt-1 text-sm text-muted">No row of it would be a record now.</p>
      ) : (
        <Scroll label={`First rows of ${table}`} className="mt-1.5 rounded-control border">
          <table className="w-full text-xs">
            <thead>
              <tr className="border-b text-left text-muted">
                {['id', ...fields].map((field) => (
                  <th key={field} scope="col" className="px-3 py-1.5 font-medium whitespace-nowrap">
                    {field}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y">
              {rows.map((row) => (
                <tr key={row.id}>
                  <td className="code max-w-48 truncate px-3 py-1.5">{row.id}</td>
                  {fields.map((field) => (
                    <td key={field} className="max-w-64 truncate px-3 py-1.5">
                      {shown(row.fields[field])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {notes.map((note) => (
        <p key={note} className="mt-1 text-sm break-words text-degraded">
          {note}
        </p>
      ))}
    </section>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
