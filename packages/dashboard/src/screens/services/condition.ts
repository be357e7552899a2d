import { mentions, parseCondition, rootsOf, type Root, type ServiceKind } from '@statewire/model';

/** What is wrong with a line, and where: `column` counts from 1. */
export interface LineFlaw {
  readonly column: number;
  readonly message: string;
}

/** What is wrong with a condition for this kind of check, or null. An empty line is none and not wrong. */
export function conditionFlaw(kind: ServiceKind, text: string): LineFlaw | null {
  if (text.trim() === '') return null;
  const parsed = parseCondition(text);
  if (!parsed.ok) return { column: parsed.column, message: parsed.message.replace(/^column \d+: /u, '') };
  const roots = rootsOf(kind);
  const other = [...mentions(parsed.value)].find((root) => !roots.includes(root));
  if (other === undefined) return null;
  return {
    column: columnOf(text, other),
    message: `found ${other}, which this kind does not have, expected ${roots.join(', ')}`,
  };
}

/** Where a root stands, looking past the texts in quotes. */
function columnOf(text: string, root: Root): number {
  const bare = text.replaceAll(/"(?:[^"\\]|\\.)*"/gu, (quoted) => ' '.repeat(quoted.length));
  return Math.max(0, bare.search(new RegExp(String.raw`(?<![\w.])${root}(?!\w)`, 'u'))) + 1;
}

// Wider than this a line does not fit beside its caret on a phone.
const EXCERPT_MAX = 34;

/** The part of a line around a column, and how far into it the caret stands. */
export function excerptOf(text: string, column: number): { readonly text: string; readonly caret: number } {
  const at = column - 1;
  const from = at < EXCERPT_MAX ? 0 : at - Math.floor(EXCERPT_MAX / 2);
  const head = from === 0 ? '' : '…';
  const cut = text.slice(from, from + EXCERPT_MAX);
  return { text: `${head}${cut}${from + EXCERPT_MAX < text.length ? '…' : ''}`, caret: head.length + at - from };
}

const AGENT = ['latency < 2s', 'certificate.days > 14'];
const ROW = ['value < 100', 'row.state == "ready"', 'len(rows) > 0', 'latency < 300ms'];

/** Conditions to begin with; each is one that the kind can judge. */
export function examplesOf(kind: ServiceKind): readonly string[] {
  return EXAMPLES.get(kind) ?? [];
}

const EXAMPLES: ReadonlyMap<ServiceKind, readonly string[]> = new Map<ServiceKind, readonly string[]>([
  [
    'http',
    [
      'status == 200',
      'json.status == "ok"',
      'body contains "Welcome"',
      'latency < 800ms',
      'header["x-cache"] != "MISS"',
      'certificate.days > 14',
    ],
  ],
  ['websocket', ['body contains "ready"', 'json.type == "pong"', 'latency < 500ms']],
  ['grpc', ['value == "SERVING"', 'latency < 300ms', 'certificate.days > 14']],
  ['dns', ['value == "192.0.2.10"', 'len(rows) >= 2', 'latency < 200ms']],
  ['icmp', ['value < 5', 'latency < 50ms']],
  ['postgres', ROW],
  ['mysql', ROW],
  ['redis', ['value < 1000', 'value == "PONG"', 'latency < 20ms']],
  ['nats', ['json.jetstream == true', 'latency < 50ms']],
  ['mqtt', ['value == "on"', 'json.temperature < 80', 'latency < 200ms']],
  ['a2a', ['json.version == "1.0.0"', ...AGENT]],
  ['langgraph', AGENT],
  ['openai', ['len(json.data) > 0', ...AGENT]],
]);
