/** The protocol version this code speaks; sent in `hello.p`. */
export const PROTOCOL_VERSION = 1;

/** The oldest version a server of this release still serves. */
export const PROTOCOL_VERSION_OLDEST = 1;

/** The WebSocket subprotocol, and the path it lives at. */
export const SUBPROTOCOL = 'statewire.v1';
export const LIVE_PATH = '/live';
