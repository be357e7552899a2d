/** Who wrote a file. */
export type ImportFormat = 'gatus' | 'statewire' | 'uptime-kuma';

interface FormatLook {
  readonly title: string;
  readonly accept: string;
  readonly hint: string;
  readonly example: string;
}

export const importFormats: Readonly<Record<ImportFormat, FormatLook>> = {
  statewire: {
    title: 'Statewire (YAML)',
    accept: '.yaml,.yml,text/yaml',
    hint: 'Services with a known id are updated, the others added.',
    example: `services:
  - id: search-api
    name: Search API
    kind: http
    target: https://search.example.com/health
    check:
      intervalMs: 15000
`,
  },
  'uptime-kuma': {
    title: 'Uptime Kuma (backup, JSON)',
    accept: '.json,application/json',
    hint: 'Settings > Backup > Export. A kuma.db is read by the command line: statewire import kuma.db.',
    example: '{\n  "version": "1.23.16",\n  "monitorList": [ … ]\n}\n',
  },
  gatus: {
    title: 'Gatus (YAML)',
    accept: '.yaml,.yml,text/yaml',
    hint: 'Endpoints with their conditions, alerting providers, and maintenance windows.',
    example: `endpoints:
  - name: front-end
    url: https://example.com/health
    conditions:
      - "[STATUS] == 200"
`,
  },
};

/** Who seems to have written a text, or null when nothing gives it away. */
export function formatOf(text: string): ImportFormat | null {
  if (/"monitorList"\s*:/u.test(text)) return 'uptime-kuma';
  if (/^(?:endpoints|external-endpoints|suites):/mu.test(text)) return 'gatus';
  return /^services:/mu.test(text) ? 'statewire' : null;
}

/** Is it a database? Browsers hand over its bytes as a text that nobody can read. */
export function isDatabase(text: string): boolean {
  return text.startsWith('SQLite format 3\0');
}
