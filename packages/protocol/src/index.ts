export type { Json, JsonObject } from './json.ts';
export { ok, type Failure, type Result } from './result.ts';
export { assert, unreachable } from './assert.ts';
export type { Rid, Row } from './record.ts';
export type { Patch } from './patch.ts';
export type { Filter, FilterJson } from './filter.ts';
export { LIVE_PATH, PROTOCOL_VERSION, PROTOCOL_VERSION_OLDEST, SUBPROTOCOL } from './version.ts';
export type * from './frames/up.ts';
export type * from './frames/down.ts';
