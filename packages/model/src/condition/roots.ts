import type { ServiceKind } from '../service-kind.ts';
import type { Condition, Operand, Root } from './condition.ts';

/** What conditions of a kind of check can speak of; empty for kinds without conditions. */
export function rootsOf(kind: ServiceKind): readonly Root[] {
  return OF_KIND.get(kind) ?? [];
}

/** The roots a condition mentions. */
export function mentions(condition: Condition): ReadonlySet<Root> {
  const found = new Set<Root>();
  const operand = (one: Operand): void => {
    if (one.is === 'path' || one.is === 'len') found.add(one.path.root);
  };
  const walk = (part: Condition): void => {
    if (part.is === 'compare') {
      operand(part.left);
      operand(part.right);
    } else if (part.is === 'not') walk(part.part);
    else if (part.is === 'true') found.add(part.path.root);
    else for (const inner of part.parts) walk(inner);
  };
  walk(condition);
  return found;
}

const WEB: readonly Root[] = ['status', 'latency', 'body', 'json', 'header', 'certificate'];

const OF_KIND: ReadonlyMap<ServiceKind, readonly Root[]> = new Map<ServiceKind, readonly Root[]>([
  ['http', WEB],
  ['a2a', ['latency', 'json', 'certificate']],
  ['langgraph', ['latency', 'json', 'certificate']],
  ['openai', ['latency', 'json', 'certificate']],
  ['websocket', ['latency', 'body', 'json', 'certificate']],
  ['dns', ['latency', 'value', 'rows']],
  ['postgres', ['latency', 'value', 'row', 'rows']],
  ['mysql', ['latency', 'value', 'row', 'rows']],
  ['redis', ['latency', 'value']],
  ['nats', ['latency', 'json']],
  ['mqtt', ['latency', 'value', 'json']],
  ['grpc', ['latency', 'value', 'certificate']],
  ['icmp', ['latency', 'value']],
]);
