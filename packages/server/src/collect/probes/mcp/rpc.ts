import type { Json, JsonObject } from '@statewire/protocol';
import { isObject } from '../probe.ts';

/** The newest legacy revision: what `initialize` asks for. Never a "latest" constant: newer ones have no `initialize`. */
export const LEGACY_VERSION = '2025-11-25';
/** The modern revision this prober speaks. */
export const MODERN_VERSION = '2026-07-28';

/** The server's answer to one request. Both kinds prove that it is alive. */
export type Reply =
  | { readonly is: 'result'; readonly result: JsonObject }
  | { readonly is: 'error'; readonly code: number; readonly message: string; readonly data: Json };

/** How requests are dressed: which era, which version, in which session. */
export type Manner =
  | { readonly era: 'modern'; readonly version: string }
  /** `version` is null on `initialize`, which must not carry the version header. */
  | { readonly era: 'legacy'; readonly version: string | null; readonly session: string | null };

/** A JSON-RPC request as text. Modern requests carry who asks and in which version inside `_meta`. */
export function requestText(id: number | null, method: string, params: JsonObject, manner: Manner): string {
  const dressed =
    manner.era === 'modern'
      ? {
          ...params,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': manner.version,
            'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        }
      : params;
  const hasParams = Object.keys(dressed).length > 0;
  return JSON.stringify({
    jsonrpc: '2.0',
    ...(id === null ? {} : { id }),
    method,
    ...(hasParams ? { params: dressed } : {}),
  });
}

/** All messages of a JSON text (one, or a batch as 2025-03-26 allowed), or null when it is no JSON-RPC. */
export function parseMessages(text: string): readonly JsonObject[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const messages = list.filter(isObject).filter((message) => message['jsonrpc'] === '2.0');
  return messages.length === list.length && messages.length > 0 ? messages : null;
}

/** The reply with this id among messages, or null. An answer to somebody else's question is no answer. */
export function replyFor(messages: readonly JsonObject[], id: number): Reply | null {
  for (const message of messages) if (message['id'] === id && !('method' in message)) return replyOf(message);
  return null;
}

/** The error a 4xx body carries, whatever its id: servers answer bad requests with id null. */
export function errorOf(text: string): Extract<Reply, { is: 'error' }> | null {
  for (const message of parseMessages(text) ?? []) {
    const reply = replyOf(message);
    if (reply?.is === 'error') return reply;
  }
  return null;
}

function replyOf(message: JsonObject): Reply | null {
  const { result, error } = message;
  if (isObject(result)) return { is: 'result', result };
  if (!isObject(error) || typeof error['code'] !== 'number') return null;
  const text = typeof error['message'] === 'string' ? error['message'] : '';
  return { is: 'error', code: error['code'], message: text, data: error['data'] ?? null };
}

/** Errors only the modern era knows: header mismatch, missing capability, unsupported version. */
export function isModernError(reply: Reply): boolean {
  return reply.is === 'error' && reply.code <= -32020 && reply.code >= -32022;
}

/** The version a modern server does not speak. */
export const UNSUPPORTED_VERSION: number = -32022;
export const METHOD_NOT_FOUND: number = -32601;

export const CLIENT_INFO: { readonly name: string; readonly version: string } = {
  name: 'statewire-probe',
  version: '1',
};
