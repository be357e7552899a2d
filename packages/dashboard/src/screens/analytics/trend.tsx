import { lazy, type ReactNode, Suspense } from 'react';
import { Pane } from '../../parts/pane.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import type { ChartLine } from './trend-chart.tsx';

const TrendChart = lazy(() => import('./trend-chart.tsx'));

interface Props {
  readonly title: string;
  readonly note?: ReactNode;
  readonly at: readonly number[];
  readonly widthMs: number;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  readonly floor?: number;
  readonly ceiling?: number;
  readonly target?: number | null;
  readonly slotName: (at: number) => string;
}

/** One chart with its numbers as a table, for whoever reads them better so. */
export function Trend({ title, note, slotName, ...chart }: Props): ReactNode {
  const { at, lines, format } = chart;
  const counted = at.filter((_, i) => lines.some(({ values }) => (values[i] ?? null) !== null)).length;
  const spoken = `${title}: ${counted} of ${at.length} counted. ${lines.map((line) => summary(line, format)).join(' ')}`;
  return (
    <Pane title={title} {...(note === undefined ? {} : { note })}>
      <div className="px-2 pt-2">
        <Suspense fallback={<Bone className="m-2 h-[134px]" />}>
          <TrendChart {...chart} spoken={spoken} />
        </Suspense>
      </div>
      <details className="border-t">
        <summary className="cursor-pointer px-4 py-2 text-xs text-muted hover:bg-hover pointer-coarse:py-3.5">
          As a table
        </summary>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard. */}
        <section className="max-h-72 overflow-auto" tabIndex={0} aria-label={`${title} as a table`}>
          <table className="w-full text-sm">
            <thead>
              <tr className="text-left text-xs text-muted">
                <th scope="col" className="px-4 py-1.5 font-medium">
                  From
                </th>
                {lines.map((line) => (
                  <th key={line.title} scope="col" className="px-4 py-1.5 text-right font-medium">
                    {line.title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {at.map((time, i) => (
                <tr key={time} className="border-t">
                  <th scope="row" className="px-4 py-1 text-left font-normal whitespace-nowrap">
                    {slotName(time)}
                  </th>
                  {lines.map((line) => {
                    const value = line.values[i] ?? null;
                    return (
                      <td key={line.title} className="px-4 py-1 text-right">
                        {value === null ? <span className="text-muted">not counted</span> : format(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </Pane>
  );
}

function summary({ title, values }: ChartLine, format: (value: number) => string): string {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return `${title}: nothing.`;
  return `${title}: from ${format(Math.min(...known))} to ${format(Math.max(...known))}, last ${format(last)}.`;
}
