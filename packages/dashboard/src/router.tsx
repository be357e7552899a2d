import { allows } from '@statewire/model';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
  Outlet,
  redirect,
  useLocation,
  useNavigate,
} from '@tanstack/react-router';
import { CircleHelp, Lock } from 'lucide-react';
import { Fragment, lazy, type ReactNode, Suspense, useState } from 'react';
import { readAgentsSearch } from './lib/agents-search.ts';
import { readJobsSearch } from './lib/jobs-search.ts';
import { key, useKeys } from './lib/keys.ts';
import { useTimes } from './lib/look.ts';
import { later, useLater } from './lib/later.ts';
import { useMe, usePages } from './lib/me.ts';
import { neededAt } from './lib/pages.ts';
import { readServicesSearch } from './lib/search.ts';
import { buttonClass } from './parts/button.tsx';
import { Empty } from './parts/empty.tsx';
import { Frame, useCrumbs } from './parts/frame.tsx';
import { PageHead } from './parts/page-head.tsx';
import { ProblemNote } from './parts/problem.tsx';
import { Bone } from './parts/skeleton.tsx';
import { problemIn } from './rest/request.ts';
import { readAuditSearch } from './screens/audit/search.ts';
import { readAlertsSearch } from './screens/alerts/search.ts';
import { Bell } from './screens/inbox/bell.tsx';
import { Herald } from './screens/inbox/herald.tsx';
import { readAnalyticsSearch } from './screens/analytics/search.ts';
import { readInboxSearch } from './screens/inbox/search.ts';
import { readIncidentsSearch } from './screens/incidents/search.ts';
import { readMaintenanceSearch } from './screens/maintenance/search.ts';
import { readMessagesSearch } from './screens/messages/search.ts';
import { readMonitoringSearch } from './screens/monitoring/search.ts';
import { readNotificationsSearch } from './screens/notifications/search.ts';
import { Overview } from './screens/overview.tsx';
import { readPeopleSearch } from './screens/people/search.ts';

const Notice = lazy(() => import('./screens/messages/notice.tsx').then((module) => ({ default: module.Notice })));
const Palette = lazy(() => import('./screens/palette.tsx'));
// Who else is here is asked once the page is at rest.
const crowd = later(() => import('./parts/crowd.tsx').then((module) => module.Crowd));
const NO_PROPS = {};
const KeyMap = lazy(() => import('./screens/key-map.tsx'));

const root = createRootRoute({ component: Shell, notFoundComponent: Lost });
const overview = createRoute({ getParentRoute: () => root, path: '/', component: Overview });
const services = createRoute({
  getParentRoute: () => root,
  path: '/services',
  validateSearch: readServicesSearch,
  component: lazyRouteComponent(() => import('./screens/services/services.tsx'), 'Services'),
});
const service = createRoute({
  getParentRoute: () => root,
  path: '/services/$id',
  component: lazyRouteComponent(() => import('./screens/service/service.tsx'), 'ServiceDetail'),
});
const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  validateSearch: readAgentsSearch,
  component: lazyRouteComponent(() => import('./screens/agents/agents.tsx'), 'Agents'),
});
const agent = createRoute({
  getParentRoute: () => root,
  path: '/agents/$id',
  component: lazyRouteComponent(() => import('./screens/agents/agent.tsx'), 'AgentDetail'),
});
const jobs = createRoute({
  getParentRoute: () => root,
  path: '/jobs',
  validateSearch: readJobsSearch,
  component: lazyRouteComponent(() => import('./screens/jobs/jobs.tsx'), 'Jobs'),
});
const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  validateSearch: readAlertsSearch,
  component: lazyRouteComponent(() => import('./screens/alerts/alerts.tsx'), 'Alerts'),
});
const incidents = createRoute({
  getParentRoute: () => root,
  path: '/incidents',
  validateSearch: readIncidentsSearch,
  component: lazyRouteComponent(() => import('./screens/incidents/incidents.tsx'), 'Incidents'),
});
const incident = createRoute({
  getParentRoute: () => root,
  path: '/incidents/$id',
  component: lazyRouteComponent(() => import('./screens/incidents/incident.tsx'), 'IncidentDetail'),
});
const maintenance = createRoute({
  getParentRoute: () => root,
  path: '/maintenance',
  validateSearch: readMaintenanceSearch,
  component: lazyRouteComponent(() => import('./screens/maintenance/maintenances.tsx'), 'Maintenances'),
});
const messages = createRoute({
  getParentRoute: () => root,
  path: '/messages',
  validateSearch: readMessagesSearch,
  component: lazyRouteComponent(() => import('./screens/messages/messages.tsx'), 'Messages'),
});
const message = createRoute({
  getParentRoute: () => root,
  path: '/messages/$id',
  component: lazyRouteComponent(() => import('./screens/messages/message.tsx'), 'MessageDetail'),
});
const notifications = createRoute({
  getParentRoute: () => root,
  path: '/notifications',
  validateSearch: readNotificationsSearch,
  component: lazyRouteComponent(() => import('./screens/notifications/notifications.tsx'), 'Notifications'),
});
const statusPages = createRoute({
  getParentRoute: () => root,
  path: '/pages',
  component: lazyRouteComponent(() => import('./screens/pages/pages.tsx'), 'Pages'),
});
const statusPage = createRoute({
  getParentRoute: () => root,
  path: '/pages/$id',
  component: lazyRouteComponent(() => import('./screens/pages/page.tsx'), 'PageDetail'),
});
const customers = createRoute({
  getParentRoute: () => root,
  path: '/customers',
  validateSearch: readPeopleSearch,
  component: lazyRouteComponent(() => import('./screens/people/customers.tsx'), 'Customers'),
});
const customer = createRoute({
  getParentRoute: () => root,
  path: '/customers/$id',
  component: lazyRouteComponent(() => import('./screens/people/detail.tsx'), 'CustomerDetail'),
});
const users = createRoute({
  getParentRoute: () => root,
  path: '/users',
  validateSearch: readPeopleSearch,
  component: lazyRouteComponent(() => import('./screens/people/users.tsx'), 'Users'),
});
const user = createRoute({
  getParentRoute: () => root,
  path: '/users/$id',
  component: lazyRouteComponent(() => import('./screens/people/detail.tsx'), 'UserDetail'),
});
const inbox = createRoute({
  getParentRoute: () => root,
  path: '/inbox',
  validateSearch: readInboxSearch,
  component: lazyRouteComponent(() => import('./screens/inbox/inbox.tsx'), 'InboxPage'),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import('./screens/audit/audit.tsx'), 'Audit'),
});
const monitoring = createRoute({
  getParentRoute: () => root,
  path: '/monitoring',
  validateSearch: readMonitoringSearch,
  component: lazyRouteComponent(() => import('./screens/monitoring/monitoring.tsx'), 'Monitoring'),
});
const analytics = createRoute({
  getParentRoute: () => root,
  path: '/analytics',
  validateSearch: readAnalyticsSearch,
  component: lazyRouteComponent(() => import('./screens/analytics/analytics.tsx'), 'Analytics'),
});
const system = createRoute({
  getParentRoute: () => root,
  path: '/system',
  component: lazyRouteComponent(() => import('./screens/system/system.tsx'), 'System'),
});
const captures = createRoute({
  getParentRoute: () => root,
  path: '/system/captures',
  component: lazyRouteComponent(() => import('./screens/system/captures-page.tsx'), 'CapturesPage'),
});
const realtime = createRoute({
  getParentRoute: () => root,
  path: '/demo',
  component: lazyRouteComponent(() => import('./screens/realtime/realtime.tsx'), 'Realtime'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('./screens/settings/layout.tsx'), 'SettingsLayout'),
});
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/account', replace: true });
  },
});
const settingsAccount = createRoute({
  getParentRoute: () => settings,
  path: '/account',
  component: lazyRouteComponent(() => import('./screens/settings/account.tsx'), 'Account'),
});
const settingsOrganization = createRoute({
  getParentRoute: () => settings,
  path: '/organization',
  component: lazyRouteComponent(() => import('./screens/settings/organization.tsx'), 'Organization'),
});
const settingsMembers = createRoute({
  getParentRoute: () => settings,
  path: '/members',
  component: lazyRouteComponent(() => import('./screens/settings/members.tsx'), 'Members'),
});
const settingsRoles = createRoute({
  getParentRoute: () => settings,
  path: '/roles',
  component: lazyRouteComponent(() => import('./screens/settings/roles.tsx'), 'Roles'),
});
const settingsKeys = createRoute({
  getParentRoute: () => settings,
  path: '/keys',
  component: lazyRouteComponent(() => import('./screens/settings/keys.tsx'), 'Keys'),
});
const settingsEmbeds = createRoute({
  getParentRoute: () => settings,
  path: '/embeds',
  component: lazyRouteComponent(() => import('./screens/settings/embeds/embeds.tsx'), 'Embeds'),
});

/*
 * Notices name a record by its collection and id, and are read in mails and on phones long after. Where a record has no
 * page of its own, its place leads to where it is shown.
 */
const alertPlace = createRoute({
  getParentRoute: () => root,
  path: '/alerts/$id',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/alerts', search: { open: params.id }, replace: true });
  },
});
const jobPlace = createRoute({
  getParentRoute: () => root,
  path: '/jobs/$id',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/jobs', search: { open: `jobs/${params.id}` }, replace: true });
  },
});
const executionPlace = createRoute({
  getParentRoute: () => root,
  path: '/executions/$id',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/jobs', search: { open: `executions/${params.id}` }, replace: true });
  },
});
const maintenancePlace = createRoute({
  getParentRoute: () => root,
  path: '/maintenances/$id',
  beforeLoad: () => {
    throw redirect({ to: '/maintenance', search: {}, replace: true });
  },
});
const channelPlace = createRoute({
  getParentRoute: () => root,
  path: '/channels/$id',
  beforeLoad: () => {
    throw redirect({ to: '/notifications', search: {}, replace: true });
  },
});

/** Every page under its path. Heavy ones load when first visited, or when the pointer nears their link. */
export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    services,
    service,
    agents,
    agent,
    jobs,
    alerts,
    incidents,
    incident,
    maintenance,
    messages,
    message,
    notifications,
    statusPages,
    statusPage,
    customers,
    customer,
    users,
    user,
    inbox,
    audit,
    monitoring,
    analytics,
    system,
    captures,
    realtime,
    settings.addChildren([
      settingsHome,
      settingsAccount,
      settingsOrganization,
      settingsMembers,
      settingsRoles,
      settingsKeys,
      settingsEmbeds,
    ]),
    alertPlace,
    jobPlace,
    executionPlace,
    maintenancePlace,
    channelPlace,
  ]),
  defaultPreload: 'intent',
  // Data is live, not loaded by routes; only the code of a page is fetched ahead.
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 150,
  defaultPendingComponent: PageBones,
  // Below the frame: when a page breaks, the way to the others stays.
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

function Shell(): ReactNode {
  const [open, setOpen] = useState<'palette' | 'keys' | null>(null);
  const navigate = useNavigate();
  const times = useTimes();
  const others = useLater(crowd, NO_PROPS);
  const { me } = useMe();
  const offered = usePages();
  const path = useLocation({ select: ({ pathname }) => pathname });
  const needs = neededAt(path);
  const mayLook = needs === null || allows(me.permissions, needs);
  useKeys(
    {
      'mod+k': key('Search and commands', () => setOpen('palette')),
      '?': key('These keys', () => setOpen('keys')),
      ...Object.fromEntries(
        offered.map((page) => [`g ${page.key}`, key(page.title, () => void navigate({ to: page.path }))]),
      ),
    },
    true,
  );
  return (
    <Frame
      onPalette={() => setOpen('palette')}
      bell={
        <>
          {others}
          <Bell />
        </>
      }
    >
      <Fragment key={times}>{mayLook ? <Outlet /> : <Forbidden needs={needs} />}</Fragment>
      <Herald />
      <Suspense>
        <Notice />
      </Suspense>
      <Suspense>
        {open === 'palette' && <Palette onClose={() => setOpen(null)} />}
        {open === 'keys' && <KeyMap onClose={() => setOpen(null)} />}
      </Suspense>
    </Frame>
  );
}

function PageBones(): ReactNode {
  return (
    <output aria-label="Loading" className="block space-y-5">
      <Bone className="h-6 w-40" />
      <Bone className="h-[60vh] w-full rounded-card" />
    </output>
  );
}

function Lost(): ReactNode {
  useCrumbs('Not found');
  return (
    <Empty
      icon={CircleHelp}
      title="There is no such page"
      action={
        <Link to="/" className={buttonClass({ tone: 'primary' })}>
          Overview
        </Link>
      }
    >
      The address may be mistyped, or the page is from another release.
    </Empty>
  );
}

/** An address was typed, or kept from a time when one was allowed: said as it is, with what is missing, and nothing asked of the server. */
function Forbidden({ needs }: { needs: string | null }): ReactNode {
  useCrumbs('Not for you');
  return (
    <div>
      <PageHead title="This page is not for you" />
      <div className="pane">
        <Empty
          icon={Lock}
          title="Your role may not read it"
          action={
            <Link to="/" className={buttonClass({ tone: 'primary' })}>
              Overview
            </Link>
          }
        >
          It needs the permission <span className="code">{needs}</span>. An admin of the organization can give you a
          role that has it.
        </Empty>
      </div>
    </div>
  );
}

/** A screen threw. The frame and the connection stay; the detail can be copied into a report. */
function Broken({ error, reset }: { error: unknown; reset: () => void }): ReactNode {
  return (
    <div className="mx-auto max-w-lg space-y-4 py-16">
      <ProblemNote problem={{ ...problemIn(error), title: 'This page could not be shown' }} />
      <button type="button" onClick={reset} className={buttonClass()}>
        Show it again
      </button>
    </div>
  );
}
