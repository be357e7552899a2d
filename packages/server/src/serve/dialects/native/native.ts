import {
  decodeUpstream,
  toAscii,
  type Downstream,
  type FrameFailure,
  type Result,
  type Upstream,
} from '@statewire/protocol';

/** How frames look on a wire. Data frames come ready-made from publish/; this is for everything else. */
export interface Dialect {
  decode(text: string): Result<Upstream, FrameFailure>;
  encode(frame: Downstream): string;
}

/** The Statewire protocol itself: one frame is one JSON object in ASCII. */
export const native: Dialect = {
  decode: decodeUpstream,
  encode: (frame) => toAscii(JSON.stringify(frame)),
};
