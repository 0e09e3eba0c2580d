// The whole table, in the order in which it is searched.
import type { PublishedWatch } from '../../../cluster/membership/published-watch.ts'
import { type ApplyOptions, applyRoutes } from './apply-route.ts'
import { type BudgetOptions, budgetRoutes } from './budget-routes.ts'
import { configRoutes } from './config-routes.ts'
import { type HealthOptions, healthRoutes } from './health-routes.ts'
import { type KeyOptions, keyRoutes } from './key-routes.ts'
import { ledgerRoutes } from './ledger/ledger-routes.ts'
import { type MasterKeyRouteOptions, masterKeyRoutes } from './master-key-routes.ts'
import { type NodeRouteOptions, nodeRoutes } from './node-routes.ts'
import { openApiRoute } from './openapi.ts'
import { type ResourceOptions, resourceRoutes } from './resource-routes.ts'
import type { Route } from './route.ts'
import { type SessionOptions, sessionRoutes } from './session-routes.ts'
import { sloExtras } from './slo-extras.ts'
import { telemetryRoutes } from './telemetry-routes.ts'

export type RouteOptions = ApplyOptions &
  Omit<HealthOptions, 'revision'> &
  KeyOptions &
  Omit<ResourceOptions, 'extras'> &
  SessionOptions &
  MasterKeyRouteOptions &
  NodeRouteOptions &
  BudgetOptions & { version: string; published: PublishedWatch }

export function controlRoutes(options: RouteOptions): Route[] {
  const routes: Route[] = [
    ...healthRoutes({ ...options, revision: () => options.desk.revision }),
    ...sessionRoutes(options),
    ...keyRoutes(options),
    ...applyRoutes(options),
    ...configRoutes(options.desk),
    ...telemetryRoutes(options),
    ...ledgerRoutes(options),
    ...nodeRoutes(options),
    ...budgetRoutes(options),
    ...masterKeyRoutes(options),
    ...resourceRoutes({ ...options, extras: { slos: sloExtras(options.published) } }),
  ]
  return [openApiRoute(() => routes, options.version), ...routes]
}
