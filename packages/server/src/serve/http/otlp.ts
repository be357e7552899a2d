import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Context } from 'hono';
import { z } from 'zod';
import type { Result } from '@statewire/protocol';
import type { Taken } from '../../collect/otlp/receive.ts';
import { readMetrics } from '../../collect/otlp/metrics.ts';
import { metricsRequest, traceRequest } from '../../collect/otlp/shapes.ts';
import { readTraces } from '../../collect/otlp/traces.ts';
import { decode, encode, type Message } from '../../collect/otlp/wire.ts';
import { assertMediaType, parseJson, readBytes, textOf, tooLarge } from './body.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError, type Refusal } from './problem.ts';
import { json, must, rawHeadersOf, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

/** OTLP over HTTP, in both its forms: exporters are given `<server>/otlp` as their endpoint and append the rest. */
export function otlpRoutes(deps: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/otlp/v1/traces',
      access: 'report',
      tag: 'intake',
      summary: 'OpenTelemetry spans of agents: what they say of connections, as JSON or protobuf',
      raw: [JSON_FORM, BINARY_FORM],
      query: z.strictObject({
        period: z
          .string()
          .regex(/^\d{1,10}$/u, 'milliseconds')
          .transform(Number)
          .pipe(z.int().min(1_000).max(2_678_400_000))
          .optional()
          .meta({
            description: 'Milliseconds within which the next spans come; what is silent longer is late, then unknown',
          }),
      }),
      answers: {
        ...answersOf('bad_request', 'too_large', 'unsupported', 'overloaded'),
        200: {
          description: 'ExportTraceServiceResponse, in the form of the request',
          schema: z.object({
            partialSuccess: z.object({ rejectedSpans: z.string(), errorMessage: z.string() }).optional(),
          }),
        },
      },
      refusal: statusOf,
      handle: async ({ context, principal, query }) => {
        const body = await read(deps, context, traceRequest);
        const traces = readTraces(body, { spansMax: deps.limits.otlpSpansMax });
        const taken = await deps.otlp.traces(principal, traces, { periodMs: query.period ?? null });
        return answer(context, 'rejectedSpans', taken);
      },
    }),
    route({
      method: 'POST',
      path: '/otlp/v1/metrics',
      access: 'report',
      tag: 'intake',
      summary: 'OpenTelemetry metrics of an app: gauges and sums, as JSON or protobuf',
      raw: [JSON_FORM, BINARY_FORM],
      answers: {
        ...answersOf('bad_request', 'too_large', 'unsupported', 'overloaded'),
        200: {
          description: 'ExportMetricsServiceResponse, in the form of the request',
          schema: z.object({
            partialSuccess: z.object({ rejectedDataPoints: z.string(), errorMessage: z.string() }).optional(),
          }),
        },
      },
      refusal: statusOf,
      handle: async ({ context, principal }) => {
        const found = readMetrics(await read(deps, context, metricsRequest));
        return answer(context, 'rejectedDataPoints', await deps.otlp.metrics(principal, found));
      },
    }),
  ];
}

const JSON_FORM = 'application/json';
const BINARY_FORM = 'application/x-protobuf';
const FORMS = /^application\/(?:json(?: ?; ?charset="?utf-8"?)?|x-protobuf)$/iu;

/** The body in its JSON form, whichever it came in. */
async function read({ limits }: HttpDeps, context: Context, message: Message): Promise<unknown> {
  const request = context.req.raw;
  assertMediaType(request, rawHeadersOf(context), FORMS, `${BINARY_FORM} or ${JSON_FORM}`);
  const bytes = await inflate(context, await readBytes(request, limits.otlpBytesMax), limits.otlpBytesMax);
  if (!isBinary(context)) return parseJson(textOf(bytes), limits.jsonDepthMax);
  return must(decode(message, bytes, { messagesMax: limits.otlpMessagesMax }));
}

const unzip = promisify(gunzip);

async function inflate(context: Context, bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  const coding = (context.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (coding === 'identity') return bytes;
  if (coding !== 'gzip') {
    throw new RefusedError({
      code: 'unsupported',
      message: 'the body is compressed in a way that this route does not take',
      found: coding.slice(0, 40),
      expected: 'gzip, or none',
    });
  }
  try {
    return await unzip(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(`more than ${bytesMax} bytes after inflating`, bytesMax);
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error;
    throw new RefusedError({
      code: 'bad_request',
      message: 'the body is not gzip',
      expected: 'what Content-Encoding says',
    });
  }
}

/** The protocol's answer: what was not taken, and why; nothing when all was. */
function answer(context: Context, counted: 'rejectedDataPoints' | 'rejectedSpans', result: Result<Taken>): Response {
  const { rejected, why } = must(result);
  const isPartial = rejected > 0 || why !== '';
  if (!isBinary(context)) {
    // 64-bit numbers are text in JSON.
    return json(isPartial ? { partialSuccess: { [counted]: String(rejected), errorMessage: why } } : {});
  }
  const partial = encode([
    [1, rejected],
    [2, why],
  ]);
  return binary(isPartial ? encode([[1, partial]]) : new Uint8Array(), { status: 200 });
}

/** google.rpc.Status in the form of the request. Without a form of OTLP the asker does not speak it. */
function statusOf(answered: Response, { message, expected, do: advice }: Refusal, context: Context): Response | null {
  if (!FORMS.test(context.req.header('content-type') ?? '')) return null;
  const code = RPC_CODES[answered.status] ?? RPC_UNKNOWN;
  const words = [
    message,
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(advice === undefined ? [] : [advice]),
  ];
  const text = words.join('; ');
  const headers = new Headers(answered.headers);
  headers.set('content-type', isBinary(context) ? BINARY_FORM : JSON_FORM);
  const body = isBinary(context)
    ? encode([
        [1, code],
        [2, text],
      ])
    : JSON.stringify({ code, message: text, details: [] });
  return new Response(typeof body === 'string' ? body : Buffer.from(body), { status: answered.status, headers });
}

const RPC_UNKNOWN = 2;

/** Codes of gRPC by our HTTP statuses. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 9,
  413: 11,
  415: 3,
  422: 3,
  429: 8,
  500: 13,
  503: 14,
};

function binary(body: Uint8Array, { status }: { readonly status: number }): Response {
  return new Response(Buffer.from(body), {
    status,
    headers: { 'content-type': BINARY_FORM, 'cache-control': 'no-store' },
  });
}

function isBinary(context: Context): boolean {
  return /^application\/x-protobuf$/iu.test(context.req.header('content-type') ?? '');
}
