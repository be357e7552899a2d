/** What the tests use of AG-UI's encoder. */
export declare class EventEncoder {
  getContentType(): string;
  encode(event: { readonly type: string; readonly [field: string]: unknown }): string;
}
