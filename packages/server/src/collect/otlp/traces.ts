import { isRecordId } from '@statewire/protocol';
import { idOfName } from '../reports/new-id.ts';
import { listOf, msOf, objectOf, plain, readAttributes, type Attributes } from './attributes.ts';
import { codeOf, meaningOf, NAMES, OURS, WANTED, WELL, type Said } from './words.ts';

/** What one span says, in our words. */
export interface Call {
  /** Null: nobody is named. */
  readonly agent: string | null;
  readonly agentName: string;
  readonly release: string;
  /** Null: the span is about the agent alone. */
  readonly target: Target | null;
  /** When it ended, epoch ms; null when it does not say. */
  readonly at: number | null;
  readonly ms: number | null;
  readonly said: Said;
  /** The error's own code; empty without one. */
  readonly error: string;
  readonly text: string;
  readonly tool: string;
  readonly session: string | null;
  readonly protocol: string | null;
}

/** Whom a span called, as it names it; empty where it does not say. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly host: string;
  readonly port: string;
}

/** What a request holds: spans that say something, how many there are in all, and how many were too many to read. */
export interface Traces {
  readonly calls: readonly Call[];
  readonly spans: number;
  readonly surplus: number;
}

/** Reads an ExportTraceServiceRequest, decoded. Pure: what is known of the world is asked later. */
export function readTraces(raw: unknown, { spansMax }: { readonly spansMax: number }): Traces {
  const calls: Call[] = [];
  let spans = 0;
  for (const group of listOf(objectOf(raw)['resourceSpans']).map(objectOf)) {
    const resource = readAttributes(objectOf(group['resource'])['attributes'], WANTED);
    for (const scope of listOf(group['scopeSpans']).map(objectOf)) {
      for (const span of listOf(scope['spans'])) {
        spans += 1;
        if (spans > spansMax) continue;
        const call = readSpan(objectOf(span), resource);
        if (call !== null) calls.push(call);
      }
    }
  }
  return { calls, spans, surplus: Math.max(0, spans - spansMax) };
}

const CLIENT = 3;
const ERROR = 2;

/** Null: a span that says nothing about agents and services. */
function readSpan(span: Readonly<Record<string, unknown>>, resource: Attributes): Call | null {
  const own = readAttributes(span['attributes'], WANTED);
  if (!OURS.some((name) => own.has(name))) return null;
  const of = (names: readonly string[]): string => {
    const name = names.find((each) => own.has(each)) ?? names.find((each) => resource.has(each));
    return name === undefined ? '' : (own.get(name) ?? resource.get(name) ?? '');
  };
  // Whom somebody called is said by the call alone: of a resource these would name itself.
  const called = (names: readonly string[]): string => own.get(names.find((each) => own.has(each)) ?? '') ?? '';
  // Two processes of one service are two agents, where they say which they are and no agent is named.
  const isNamed = NAMES.agent.slice(0, -1).some((name) => own.has(name) || resource.has(name));
  const instance = isNamed ? '' : (resource.get('service.instance.id') ?? '');
  const status = objectOf(span['status']);
  const began = msOf(span['startTimeUnixNano']);
  const ended = msOf(span['endTimeUnixNano']);
  const error = errorOf(span, own, status['code'] === ERROR);
  const target = {
    name: called(NAMES.service),
    url: called(NAMES.url),
    host: called(NAMES.host),
    port: called(NAMES.port),
  };
  const isCall = span['kind'] === CLIENT && (own.has('mcp.method.name') || target.name !== '' || target.host !== '');
  return {
    agent: agentId(of(NAMES.agent), instance),
    agentName: `${of(NAMES.agentName)}${instance === '' ? '' : ` (${shortOf(instance)})`}`.slice(0, 200),
    release: resource.get('service.version')?.slice(0, 128) ?? '',
    target: isCall ? target : null,
    at: ended,
    ms: began === null || ended === null ? null : lasted(began, ended),
    said: error === '' ? WELL : meaningOf(error),
    error: codeOf(error),
    text: error === '' || typeof status['message'] !== 'string' ? '' : plain(status['message'], 300),
    tool: called(NAMES.tool).slice(0, 128),
    session: called(NAMES.session).slice(0, 256) || null,
    protocol: called(NAMES.protocol).slice(0, 64) || null,
  };
}

/** To a hundredth of a millisecond: a number holds no finer part of a time since 1970. */
function lasted(began: number, ended: number): number {
  return Math.round(Math.min(Math.max(0, ended - began), 86_400_000) * 100) / 100;
}

/** The word of the error, empty without one: from the span, else from the exception that was noted on it. */
function errorOf(span: Readonly<Record<string, unknown>>, own: Attributes, hasFailed: boolean): string {
  const type = own.get('error.type');
  if (type !== undefined && type !== '_OTHER') return type;
  if (!hasFailed && type === undefined) return '';
  for (const name of NAMES.error.slice(1)) {
    const value = own.get(name);
    if (value !== undefined) return value;
  }
  for (const event of listOf(span['events']).slice(0, 16).map(objectOf)) {
    const exception = readAttributes(event['attributes'], WANTED).get('exception.type');
    if (exception !== undefined) return exception;
  }
  return 'error';
}

function agentId(name: string, instance: string): string | null {
  const [id, of] = [name, instance].map((text) => (isRecordId(text) ? text : idOfName(text)));
  if (id === undefined || id === null) return null;
  return of === undefined || of === null ? id : `${id}@${of}`.slice(0, 128);
}

/** An instance is often a UUID: its beginning tells them apart for people. */
function shortOf(instance: string): string {
  return instance.length > 16 ? instance.slice(0, 8) : instance;
}
