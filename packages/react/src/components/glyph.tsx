import type { ReactNode } from 'react';

/** Small drawings for buttons, beside words or with a label. One style: lines of 1.5 in a box of 16. */
export type GlyphName =
  | 'archive'
  | 'bell'
  | 'check'
  | 'close'
  | 'cloud-off'
  | 'clock'
  | 'info'
  | 'inbox'
  | 'more'
  | 'mute'
  | 'pause'
  | 'play'
  | 'plus'
  | 'refresh'
  | 'stop'
  | 'trash';

export function Glyph({ name, size = 16 }: { readonly name: GlyphName; readonly size?: number }): ReactNode {
  return (
    <svg className="sw-glyph" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

const paths: Readonly<Record<GlyphName, string>> = {
  archive: 'M2 3h12v2.5H2ZM3 5.5V13h10V5.5M6.5 8.5h3',
  bell: 'M4 11V7a4 4 0 0 1 8 0v4l1.2 1.5H2.8ZM6.8 14.2h2.4',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  close: 'm4 4 8 8M12 4l-8 8',
  'cloud-off': 'M2 2l12 12M5.2 5.3A4 4 0 0 0 4.6 13h7.2M8 4a4.2 4.2 0 0 1 4 3.2 3 3 0 0 1 2 4.6',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2ZM8 4.8V8l2.2 1.6',
  info: 'M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2ZM8 7.4v3.4M8 5.1v.01',
  inbox: 'M2 9.5 3.8 3h8.4L14 9.5V13H2ZM2 9.5h3.5l1 1.8h3l1-1.8H14',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  mute: 'M2 2l12 12M4.4 4.9A4 4 0 0 0 4 7v4l-1.2 1.5h9.4M6 3.5A4 4 0 0 1 12 7v2.4M6.8 14.2h2.4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2 12.4 8 5 12.8Z',
  plus: 'M8 3v10M3 8h10',
  refresh: 'M13 4.5A6 6 0 1 0 14 8M13.5 1.8v3h-3',
  stop: 'M4 4h8v8H4Z',
  trash: 'M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4M6.8 6.8v4M9.2 6.8v4',
};
