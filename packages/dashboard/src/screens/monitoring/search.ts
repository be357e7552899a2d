/** The tabs of the live view. */
export const MONITORING_TABS = ['streams', 'scans', 'agents', 'alerts', 'system'] as const;

export type MonitoringTab = (typeof MONITORING_TABS)[number];

/** What the live view shows, as it stands in its URL. */
export interface MonitoringSearch {
  readonly tab?: MonitoringTab;
}

/** Reads the URL's search part; what is not understood is left out. */
export function readMonitoringSearch(raw: Readonly<Record<string, unknown>>): MonitoringSearch {
  const tab = MONITORING_TABS.find((each) => each === raw['tab']);
  return tab === undefined || tab === 'streams' ? {} : { tab };
}
