import type { Tone } from './words.ts';

/** One drawn part of a shape, in a box of 16 by 16: a line of `width`, or filled where `width` is absent. */
export interface Stroke {
  readonly d: string;
  readonly width?: number;
}

/** The shape of each tone. They differ in outline, so that they are told apart without colour and when small. */
export const shapes: Readonly<Record<Tone, readonly Stroke[]>> = {
  up: [
    { d: 'M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 1 1 0-12.5Z', width: 1.5 },
    { d: 'm5.4 8.2 1.8 1.8 3.5-3.8', width: 1.6 },
  ],
  degraded: [
    { d: 'M7.1 2.6a1.05 1.05 0 0 1 1.8 0l5.2 9.2a1.05 1.05 0 0 1-.9 1.6H2.8a1.05 1.05 0 0 1-.9-1.6Z', width: 1.5 },
    { d: 'M8 6.1v3.1M8 11.3v.01', width: 1.6 },
  ],
  down: [
    { d: 'M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4L1.75 10.6V5.4Z', width: 1.5 },
    { d: 'm5.9 5.9 4.2 4.2M10.1 5.9l-4.2 4.2', width: 1.6 },
  ],
  maintenance: [
    {
      d: 'M3.6 2.25h8.8c.75 0 1.35.6 1.35 1.35v8.8c0 .75-.6 1.35-1.35 1.35H3.6c-.75 0-1.35-.6-1.35-1.35V3.6c0-.75.6-1.35 1.35-1.35Z',
      width: 1.5,
    },
    { d: 'M6.2 5.4v5.2M9.8 5.4v5.2', width: 1.6 },
  ],
  flapping: [{ d: 'M1.5 8h1.9l2-4.6 3.4 9.2 2-4.6h3.7', width: 1.6 }],
  active: [
    { d: 'M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 1 1 0-12.5Z', width: 1.5 },
    { d: 'M6.6 5.4 10.8 8l-4.2 2.6Z' },
  ],
  quiet: [
    { d: 'M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 1 1 0-12.5Z', width: 1.5 },
    { d: 'M5.4 8h5.2', width: 1.6 },
  ],
};
