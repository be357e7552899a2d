import { createHash } from 'node:crypto';
import type { PageTheme } from '@statewire/model';

/** The colours and rules of one page. The model has checked both; the page's content policy keeps them from loading anything. */
export function themeCss({ accent, css }: PageTheme): string {
  const colours =
    accent === '' ? '' : `:root,:root[data-theme] { --accent: ${accent}; --accent-ink: ${inkOn(accent)}; }\n`;
  return `${colours}${css}\n`;
}

/** Black or white, whichever is easier to read on this colour. */
export function inkOn(accent: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(accent.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? '#000000' : '#ffffff';
}

/** The picture of a page as bytes, or null. */
export function logoOf({ logo }: PageTheme): { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> } | null {
  const match = /^data:(image\/[a-z+]+);base64,(.+)$/u.exec(logo);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  return { type: match[1], bytes: new Uint8Array(Buffer.from(match[2], 'base64')) };
}

export function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}
