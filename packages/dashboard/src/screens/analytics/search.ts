import { text } from '../../lib/address.ts';

/** What the analytics page shows, as it stands in its URL. */
export interface AnalyticsSearch {
  readonly window?: AnalyticsWindow;
  readonly kind?: string;
  readonly group?: string;
  /** `env=prod`, or `env`. */
  readonly label?: string;
}

export const ANALYTICS_WINDOWS = ['24h', '7d', '30d', '90d'] as const;
export type AnalyticsWindow = (typeof ANALYTICS_WINDOWS)[number];

/** Reads the URL's search part; what is not understood is left out. */
export function readAnalyticsSearch(raw: Readonly<Record<string, unknown>>): AnalyticsSearch {
  const window = ANALYTICS_WINDOWS.find((each) => each === raw['window']);
  return {
    ...(window === undefined || window === '7d' ? {} : { window }),
    ...text('kind', raw['kind']),
    ...text('group', raw['group']),
    ...text('label', raw['label']),
  };
}

/** The same as the query of the server's route. */
export function analyticsQueryText(search: AnalyticsSearch): string {
  const query = new URLSearchParams({ window: search.window ?? '7d' });
  for (const key of ['kind', 'group', 'label'] as const) {
    const value = search[key];
    if (value !== undefined) query.set(key, value);
  }
  return query.toString();
}
