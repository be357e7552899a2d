/** Panels in pages of others connect below this path, by the token of an embed and by nothing else. */
export const PANELS_PATH = '/panels';
