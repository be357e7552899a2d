export { isForbiddenKey, type Json, type JsonObject } from './json.ts';
export { ok, type Failure, type Result } from './result.ts';
export { assert, unreachable } from './assert.ts';
export { isRecordId, type Rid, type Row } from './record.ts';
export { applyPatch, diffRow, type Patch } from './patch.ts';
export { equalJson, isArray } from './equal.ts';
export {
  ALL,
  bothFilters,
  equalities,
  filterFields,
  filterJson,
  filterKey,
  filterLimits,
  isFieldPath,
  matches,
  NONE,
  parseFilter,
  readField,
  type Filter,
  type FilterJson,
  type Scalar,
} from './filter.ts';
export {
  BY_ID,
  compareKeys,
  compareRows,
  cursorOf,
  cursorText,
  orderFields,
  orderLimits,
  OTHER,
  parseCursor,
  parseSort,
  sortKeys,
  type Direction,
  type Keys,
  type Order,
  type Sort,
  type SortTerm,
} from './order.ts';
export {
  aggregateFields,
  ALL_GROUP,
  AGGREGATE_FIELDS_MAX,
  parseAggregate,
  type Aggregate,
  type GroupFields,
} from './aggregate.ts';
export { closeCodes, type CloseInfo } from './close-codes.ts';
export { closeNames, codes, isCode, mayComeBack, refuse, type Code, type CodeInfo, type Retry } from './codes.ts';
export { toAscii } from './ascii.ts';
export { isJsonObject, JSON_DEPTH_MAX, parseMessage } from './parse.ts';
export { decodeUpstream, upstreamLimits, type FrameFailure } from './upstream.ts';
export { decodeDownstream } from './downstream.ts';
export {
  CMD_PATH,
  decodeCmd,
  decodeEnd,
  decodePoll,
  POLL_PATH,
  requestLimits,
  SSE_PATH,
  VIEW_PATH,
  type Cmd,
  type End,
  type Poll,
} from './requests.ts';
export { LIVE_PATH, PROTOCOL_VERSION, PROTOCOL_VERSION_OLDEST, SUBPROTOCOL } from './version.ts';
export type * from './frames/up.ts';
export type * from './frames/down.ts';
