import { SEVERITIES, type Severity } from '@statewire/model';
import { text } from '../../lib/address.ts';

export const ALERT_TABS = ['firing', 'acknowledged', 'suppressed', 'resolved'] as const;

export type AlertTab = (typeof ALERT_TABS)[number];

/** The inbox as it stands in its URL. */
export interface AlertsSearch {
  readonly tab?: AlertTab;
  readonly severity?: Severity;
  readonly q?: string;
  /** Id of the alert beside the list. */
  readonly open?: string;
  /** The bulk job that is watched. */
  readonly job?: string;
}

/** Reads the URL's search part; what is not understood is left out. */
export function readAlertsSearch(raw: Readonly<Record<string, unknown>>): AlertsSearch {
  const tab = ALERT_TABS.find((name) => name === raw['tab']);
  const severity = SEVERITIES.find((name) => name === raw['severity']);
  return {
    ...(tab === undefined || tab === 'firing' ? {} : { tab }),
    ...(severity === undefined ? {} : { severity }),
    ...(typeof raw['q'] === 'string' && raw['q'] !== '' ? { q: raw['q'] } : {}),
    ...(typeof raw['open'] === 'string' ? { open: raw['open'] } : {}),
    ...text('job', raw['job']),
  };
}

/** What of it a saved view keeps. */
export function viewOfAlerts(search: AlertsSearch): AlertsSearch {
  const { open: _open, job: _job, ...view } = search;
  return view;
}
