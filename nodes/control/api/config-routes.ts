// The configuration as a whole: now, as it was, and how it came to be.
import { z } from 'zod'
import { publicResources } from '../../../shared/config/public-view.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { ConfigService } from '../config-service.ts'
import { json, problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import { commandBody, configBody, eventsBody, problemBody } from './answers.ts'
import { publicEvent } from './public-event.ts'
import type { Route } from './route.ts'
import { pageLimit } from './telemetry-routes.ts'

const revisionText = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a revision: a whole number from 0')
  .transform(Number)

export function configRoutes(desk: ConfigService): Route[] {
  const open = { method: 'GET', access: 'administrator' } as const
  return [
    {
      ...open,
      path: '/api/v1/config',
      summary: 'The whole configuration, now or as it was at a revision',
      query: z.object({ revision: revisionText.optional() }),
      answers: { 200: configBody, 404: problemBody, 422: problemBody, 503: problemBody },
      handle: async ({ query }) => {
        const revision = query['revision'] as number | undefined
        const state = revision === undefined ? desk.state() : await desk.stateAt(revision)
        return state.ok ? json(200, publicConfig(state.value)) : problem(state.error)
      },
    },
    {
      ...open,
      path: '/api/v1/events',
      summary: 'What happened to the configuration, oldest first',
      query: z.object({ after: revisionText.default(0), limit: pageLimit(100) }),
      answers: { 200: eventsBody, 422: problemBody, 503: problemBody },
      handle: async ({ query }) => {
        const { after, limit } = query as { after: number; limit: number }
        const events = await desk.events(after, limit)
        return events.ok ? json(200, { events: events.value.map(publicEvent) }) : problem(events.error)
      },
    },
    {
      ...open,
      path: '/api/v1/commands/{id}',
      summary: 'What became of a command whose outcome was unknown',
      answers: { 200: commandBody, 404: problemBody, 503: problemBody },
      handle: async ({ params }) => {
        const commandId = params['id']!
        const revision = await desk.revisionOf(commandId)
        if (!revision.ok) return problem(revision.error)
        if (revision.value === undefined) {
          return problem(problems.notFound('The log holds no such command: it was not stored, and may be sent again.'))
        }
        return json(200, { commandId, outcome: 'stored', revision: revision.value })
      },
    },
  ]
}

function publicConfig(state: ConfigState) {
  return { revision: state.revision, hash: state.hash, resources: publicResources(state) }
}
