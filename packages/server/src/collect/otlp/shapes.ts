/**
 * The messages of OTLP (opentelemetry-proto 1.x) as far as they are read: field numbers for the binary form, names for both.
 */
import type { Message } from './wire.ts';

/** Attributes of one span, point or resource that are looked at. */
export const ATTRIBUTES_MAX = 128;

const anyValue: Message = {
  1: { name: 'stringValue', type: 'text' },
  2: { name: 'boolValue', type: 'bool' },
  3: { name: 'intValue', type: 'varint' },
  4: { name: 'doubleValue', type: 'double' },
};

const keyValue: Message = { 1: { name: 'key', type: 'text' }, 2: { name: 'value', type: anyValue } };

const attributes = { name: 'attributes', type: keyValue, list: { max: ATTRIBUTES_MAX } } as const;

const resource: Message = { 1: attributes };

const event: Message = { 2: { name: 'name', type: 'text' }, 3: attributes };

const span: Message = {
  5: { name: 'name', type: 'text' },
  6: { name: 'kind', type: 'varint' },
  7: { name: 'startTimeUnixNano', type: 'fixed64' },
  8: { name: 'endTimeUnixNano', type: 'fixed64' },
  9: attributes,
  11: { name: 'events', type: event, list: { max: 16 } },
  15: { name: 'status', type: { 2: { name: 'message', type: 'text' }, 3: { name: 'code', type: 'varint' } } },
};

/** ExportTraceServiceRequest. */
export const traceRequest: Message = {
  1: {
    name: 'resourceSpans',
    list: {},
    type: {
      1: { name: 'resource', type: resource },
      2: { name: 'scopeSpans', list: {}, type: { 2: { name: 'spans', type: span, list: {} } } },
    },
  },
};

const numberPoint: Message = {
  3: { name: 'timeUnixNano', type: 'fixed64' },
  4: { name: 'asDouble', type: 'double' },
  6: { name: 'asInt', type: 'fixed64' },
  7: attributes,
};

const points = { name: 'dataPoints', type: numberPoint, list: {} } as const;

/** Buckets of a histogram that are read; those that programs make have 15 or so. */
export const BUCKETS_MAX = 256;

const histogramPoint: Message = {
  4: { name: 'count', type: 'fixed64' },
  5: { name: 'sum', type: 'double' },
  6: { name: 'bucketCounts', type: 'fixed64', list: { max: BUCKETS_MAX } },
  7: { name: 'explicitBounds', type: 'double', list: { max: BUCKETS_MAX } },
  11: { name: 'min', type: 'double' },
  12: { name: 'max', type: 'double' },
};

/** What is not taken is counted all the same: its points as empty messages. */
const counted: Message = { 1: { name: 'dataPoints', type: {}, list: {} } };

const metric: Message = {
  1: { name: 'name', type: 'text' },
  2: { name: 'description', type: 'text' },
  3: { name: 'unit', type: 'text' },
  5: { name: 'gauge', type: { 1: points } },
  7: {
    name: 'sum',
    type: {
      1: points,
      2: { name: 'aggregationTemporality', type: 'varint' },
      3: { name: 'isMonotonic', type: 'bool' },
    },
  },
  9: {
    name: 'histogram',
    type: {
      1: { name: 'dataPoints', type: histogramPoint, list: {} },
      2: { name: 'aggregationTemporality', type: 'varint' },
    },
  },
  10: { name: 'exponentialHistogram', type: counted },
  11: { name: 'summary', type: counted },
};

/** ExportMetricsServiceRequest. */
export const metricsRequest: Message = {
  1: {
    name: 'resourceMetrics',
    list: {},
    type: {
      1: { name: 'resource', type: resource },
      2: { name: 'scopeMetrics', list: {}, type: { 2: { name: 'metrics', type: metric, list: {} } } },
    },
  },
};
