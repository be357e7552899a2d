import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A file that all pages share. Its address carries a digest of its content, so that it can be kept for ever. */
export interface Asset {
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The script and the style of public pages. They lie beside the source, as they are: nothing builds them. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const assets = ['page.css', 'page.js'].map((name) => {
    const body = new Uint8Array(readFileSync(new URL(`../../../public/status/${name}`, import.meta.url)));
    const digest = createHash('sha256').update(body).digest('base64url').slice(0, 12);
    const type = name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
    return { name, path: `${ASSETS_PATH}/${digest}/${name}`, type, body };
  });
  return new Map(assets.map((asset) => [asset.name, asset]));
}

/** No slug has a dash at its start, so no page can have this place. */
export const ASSETS_PATH = '/status/-';
