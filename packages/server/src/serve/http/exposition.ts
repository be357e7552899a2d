/**
 * The text exposition format of Prometheus 0.0.4, and OpenMetrics 1.0 for those who ask for it. Gauges only: what is
 * exported is the state that records have now.
 */

/** One family of gauges. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type ExpositionFormat = 'openmetrics' | 'text';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The format a scraper asks for. */
export function formatOf(accept: string | undefined): ExpositionFormat {
  return accept?.includes('application/openmetrics-text') === true ? 'openmetrics' : 'text';
}

/** Writes families. One without samples is left out: a name without a value says nothing. */
export function expose(families: readonly Family[], format: ExpositionFormat): string {
  const lines: string[] = [];
  for (const { name, help, samples } of families) {
    if (samples.length === 0) continue;
    lines.push(`# HELP ${name} ${escapeHelp(help, format)}`, `# TYPE ${name} gauge`);
    for (const { labels, value } of samples) lines.push(`${name}${labelsText(labels)} ${valueText(value)}`);
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return value
    .toWellFormed()
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}

function escapeHelp(text: string, format: ExpositionFormat): string {
  const escaped = text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return format === 'openmetrics' ? escaped.replaceAll('"', String.raw`\"`) : escaped;
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}
