import type { Hono } from 'hono';
import { analyticsRoutes } from './analytics.ts';
import { auditRoutes } from './audit.ts';
import { broadcastRoutes } from './broadcast.ts';
import { bulkRoutes } from './bulk.ts';
import { captureRoutes } from './captures.ts';
import { commandRoutes } from './commands.ts';
import { Dashboard } from './dashboard.ts';
import { demoRoutes } from './demo.ts';
import type { HttpDeps } from './deps.ts';
import { exportRoutes } from './export.ts';
import { healthRoutes } from './health.ts';
import { historyRoutes } from './history.ts';
import { importRoutes } from './import.ts';
import { intakeRoutes } from './intake.ts';
import { keyRoutes } from './keys.ts';
import { liveRoutes } from './live.ts';
import { mcpRoutes } from './mcp.ts';
import { instructionRoutes } from './instructions.ts';
import { maintenanceRoutes } from './maintenances.ts';
import { openApiRoute } from './openapi.ts';
import { prometheusRoutes } from './prometheus.ts';
import { Rates } from './rate.ts';
import { recordRoutes } from './records.ts';
import { invitationRoutes } from './invitations.ts';
import { organizationRoutes } from './organizations.ts';
import { permissionRoutes } from './permissions.ts';
import { peopleFileRoutes } from './people-file.ts';
import { otlpRoutes } from './otlp.ts';
import { pageRoutes } from '../pages/routes.ts';
import { pushRoutes } from './push.ts';
import { mount, type Route } from './router.ts';
import { oidcRoutes } from './oidc.ts';
import { resetRoutes } from './reset.ts';
import { secondFactorRoutes } from './second-factor.ts';
import { sessionRoutes } from './session.ts';
import { sessionListRoutes } from './sessions.ts';
import { statsRoutes } from './stats.ts';
import { systemRoutes } from './system.ts';
import { uptimeRoutes } from './uptime.ts';
import { configFileRoutes } from './config-file.ts';
import { yamlRoutes } from './yaml.ts';

/** REST, sign-in, health, metrics, OpenAPI and the dashboard's files as one fetch handler. */
export function createHttp(deps: HttpDeps): Http {
  const rates = new Rates(deps.limits);
  const pages = pageRoutes(deps, rates);
  const routes: Route[] = [
    ...pages.routes,
    ...healthRoutes(deps),
    ...systemRoutes(deps),
    ...liveRoutes(deps, rates),
    ...broadcastRoutes(deps, rates),
    ...mcpRoutes(deps),
    ...sessionRoutes(deps, rates),
    ...secondFactorRoutes(deps, rates),
    ...sessionListRoutes(deps, rates),
    ...resetRoutes(deps, rates),
    ...oidcRoutes(deps, rates),
    ...organizationRoutes(deps),
    ...invitationRoutes(deps),
    ...keyRoutes(deps),
    ...permissionRoutes(deps),
    ...auditRoutes(deps),
    ...intakeRoutes(deps),
    ...otlpRoutes(deps),
    ...captureRoutes(deps),
    ...statsRoutes(deps),
    ...analyticsRoutes(deps),
    ...prometheusRoutes(deps),
    ...yamlRoutes(deps),
    ...configFileRoutes(deps),
    ...importRoutes(deps),
    ...peopleFileRoutes(deps),
    // Before the records: `/v1/services/bulk` and the like are not ids.
    ...demoRoutes(deps),
    ...maintenanceRoutes(deps),
    ...instructionRoutes(deps),
    ...pushRoutes(deps),
    ...commandRoutes(deps),
    ...historyRoutes(deps),
    ...uptimeRoutes(deps),
    ...exportRoutes(deps),
  ];
  assertFree(deps, routes);
  routes.push(...recordRoutes(deps), ...bulkRoutes(deps));
  routes.push(
    openApiRoute({
      version: deps.settings.version,
      collections: Object.values(deps.collections),
      routes: () => routes.filter(({ path }) => path !== '/openapi.json'),
    }),
  );
  return {
    app: mount({ deps, rates, routes, dashboard: new Dashboard(deps.settings.dashboardDir), byHost: pages.byHost }),
    routes,
  };
}

/** A collection of the app lives at `/v1/<name>`; where we are ourselves it would hide us, or never be reached. */
function assertFree({ collections }: HttpDeps, routes: readonly Route[]): void {
  for (const { name, custom } of Object.values(collections)) {
    if (custom === undefined) continue;
    const taken = routes.find(
      ({ path, tag }) => tag !== name && (path === `/v1/${name}` || path.startsWith(`/v1/${name}/`)),
    );
    if (taken !== undefined)
      throw new Error(`collection ${name}: ${taken.path} is a path of the server; take another name`);
  }
}

export interface Http {
  /** `serve({ fetch: app.fetch })` of @hono/node-server. */
  readonly app: Hono;
  /** The whole API, for docs and for tests that try every door. */
  readonly routes: readonly Route[];
}
