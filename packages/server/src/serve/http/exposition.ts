/**
 * The Prometheus text format, as far as this server needs it: counters, gauges and one kind of histogram. No
 * library: the usual one brings a tracing API along that some module conditions cannot load.
 */
export class Exposition {
  readonly #families = new Map<string, Family>();

  /** Adds to a counter. Names and labels are ours; values are what happened. */
  count(name: string, help: string, labels: Labels, by = 1): void {
    const series = this.#family(name, help, 'counter').series;
    const key = labelText(labels);
    series.set(key, (series.get(key) ?? 0) + by);
  }

  set(name: string, help: string, value: number, labels: Labels = {}): void {
    this.#family(name, help, 'gauge').series.set(labelText(labels), value);
  }

  /** Puts a value into a histogram with these upper bounds, smallest first. */
  observe(name: string, help: string, bounds: readonly number[], labels: Labels, value: number): void {
    const { series } = this.#family(name, help, 'histogram');
    const add = (suffix: string, key: string, by: number) =>
      series.set(suffix + key, (series.get(suffix + key) ?? 0) + by);
    for (const bound of [...bounds, Infinity]) {
      add('_bucket', labelText({ ...labels, le: bound === Infinity ? '+Inf' : String(bound) }), value <= bound ? 1 : 0);
    }
    add('_sum', labelText(labels), value);
    add('_count', labelText(labels), 1);
  }

  text(): string {
    const lines: string[] = [];
    for (const [name, { help, type, series }] of this.#families) {
      lines.push(`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`);
      for (const [key, value] of series) lines.push(`${name}${key} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #family(name: string, help: string, type: Family['type']): Family {
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const family: Family = { help, type, series: new Map() };
    this.#families.set(name, family);
    return family;
  }
}

export type Labels = Readonly<Record<string, string>>;

/** What `Content-Type` calls this text. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Family {
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly series: Map<string, number>;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
