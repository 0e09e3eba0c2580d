// Reading and writing the resources of one kind at a time. Kinds that this version does not enforce have the same paths and
// answer 501 on all of them: nobody shall believe in a limit that nothing enforces.
import { z } from 'zod'
import { decideDelete, decidePut, laterProblem } from '../../../shared/config/decide.ts'
import { diffChange } from '../../../shared/config/diff.ts'
import { type EnforcedKind, enforcedKinds, type LaterKind, laterKinds } from '../../../shared/config/kinds/kind.ts'
import { isOwnerKind } from '../../../shared/config/kinds/owners/owner-id.ts'
import { specSchemas } from '../../../shared/config/kinds/schemas.ts'
import { publicId } from '../../../shared/config/public-view.ts'
import { refusalOf } from '../../../shared/config/refusal.ts'
import { publicSpec } from '../../../shared/config/secret-fields.ts'
import type { ConfigState, Resource } from '../../../shared/config/state.ts'
import type { ConfigService, Decide } from '../config-service.ts'
import { type HttpAnswer, json, problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import { listBody, ownerIdShape, problemBody, resourceBody, writtenOrDiff } from './answers.ts'
import { etag, parseIfMatch } from './if-match.ts'
import { pageOf } from './list-page.ts'
import { refusalProblem, withProblem } from './refusals.ts'
import { type Call, jsonMedia, type Route } from './route.ts'
import { pageLimit } from './telemetry-routes.ts'

export interface ResourceOptions {
  desk: ConfigService
  extras?: Partial<Record<EnforcedKind, KindExtras>>
}

/** What reading a kind says beside its specs. */
export interface KindExtras {
  itemShape: z.ZodRawShape
  listShape: z.ZodRawShape
  item(name: string): Record<string, unknown>
  list(): Record<string, unknown>
}

export const dryRunQuery = z.object({ dryRun: z.enum(['1', 'true', '0', 'false']).optional() })
export const listQuery = z.object({ limit: pageLimit(100), after: z.string().max(256).optional() })

export function isDryRun({ query }: Call): boolean {
  return query['dryRun'] === '1' || query['dryRun'] === 'true'
}

export function resourceRoutes(options: ResourceOptions): Route[] {
  return [
    ...enforcedKinds.flatMap((kind) => routesOf(options, kind)),
    ...laterKinds.flatMap(laterRoutes),
    ...laterActions(),
  ]
}

function routesOf(options: ResourceOptions, kind: EnforcedKind): Route[] {
  const path = `/api/v1/${kind}/{name*}`
  const extras = options.extras?.[kind]
  const ownShape = isOwnerKind(kind) ? ownerIdShape : {}
  const shape = resourceBody(specSchemas[kind]).extend({ ...ownShape, ...extras?.itemShape })
  const access = 'administrator'
  return [
    {
      method: 'GET',
      path: `/api/v1/${kind}`,
      summary: `All ${kind}, by name`,
      access,
      query: listQuery,
      answers: { 200: listBody(shape).extend(extras?.listShape ?? {}), 422: problemBody, 503: problemBody },
      handle: (call) => list(options, kind, call),
    },
    {
      method: 'GET',
      path,
      summary: `One of the ${kind}; its ETag is its revision`,
      access,
      answers: { 200: shape, 404: problemBody, 503: problemBody },
      handle: (call) => get(options, kind, call),
    },
    {
      method: 'PUT',
      path,
      summary: `Make or replace one of the ${kind}`,
      access,
      query: dryRunQuery,
      body: { media: [jsonMedia], schema: specSchemas[kind] },
      answers: { 200: writtenOrDiff, ...writeProblems },
      handle: (call) => put(options, kind, call),
    },
    {
      method: 'DELETE',
      path,
      summary: `Delete one of the ${kind}`,
      access,
      query: dryRunQuery,
      answers: { 200: writtenOrDiff, 404: problemBody, ...writeProblems },
      handle: (call) => remove(options, kind, call),
    },
  ]
}

export const writeProblems = {
  400: problemBody,
  409: problemBody,
  412: problemBody,
  413: problemBody,
  422: problemBody,
  501: problemBody,
  503: problemBody,
  507: problemBody,
}

function list({ desk, extras }: ResourceOptions, kind: EnforcedKind, call: Call): HttpAnswer {
  const state = desk.state()
  if (!state.ok) return problem(state.error)
  const { entries, next } = pageOf(resourcesOf(state.value, kind), call.query)
  const items = entries.map(([name, resource]) => ({ ...shown(kind, name, resource), ...extras?.[kind]?.item(name) }))
  return json(200, { items, ...(next === undefined ? {} : { next }), ...extras?.[kind]?.list() })
}

function get({ desk, extras }: ResourceOptions, kind: EnforcedKind, { params }: Call): HttpAnswer {
  const name = params['name']!
  const state = desk.state()
  if (!state.ok) return problem(state.error)
  const resource = resourcesOf(state.value, kind).get(name)
  if (resource === undefined) return problem(problems.notFound(`There is no such name among the ${kind}.`))
  return json(200, { ...shown(kind, name, resource), ...extras?.[kind]?.item(name) }, etag(resource.revision))
}

async function put({ desk }: ResourceOptions, kind: EnforcedKind, call: Call): Promise<HttpAnswer> {
  const { params, body, caller, request } = call
  const name = params['name']!
  const expected = parseIfMatch(request.header('if-match'))
  const command = { kind, name, input: body.value, origin: 'api' as const, ...expected }
  const decide: Decide = (state, tools) => withProblem(decidePut(state, command, tools))
  if (isDryRun(call)) return dryRun(desk, decide)
  const written = await desk.write({ ...caller, decide })
  if (!written.ok) return problem(written.error)
  return json(200, { revision: written.value.revision }, etagOf(desk, kind, name))
}

async function remove({ desk }: ResourceOptions, kind: EnforcedKind, call: Call): Promise<HttpAnswer> {
  const { params, caller, request } = call
  const command = { kind, name: params['name']!, ...parseIfMatch(request.header('if-match')) }
  const decide: Decide = (state, tools) => withProblem(decideDelete(state, command, tools))
  if (isDryRun(call)) return dryRun(desk, decide)
  const written = await desk.write({ ...caller, decide })
  return written.ok ? json(200, { revision: written.value.revision }) : problem(written.error)
}

/** Decides a write and answers with the difference, without writing it. */
export function dryRun(desk: ConfigService, decide: Decide): HttpAnswer {
  const decision = desk.dryRun(decide)
  if (!decision.ok) return problem(decision.error)
  const { state, change } = decision.value
  return json(200, { revision: state.revision, dryRun: true, changes: diffChange(state, change) })
}

/** ETag of the current resource. An equal PUT does not change its revision. */
function etagOf(desk: ConfigService, kind: EnforcedKind, name: string): Record<string, string> {
  const state = desk.state()
  const resource = state.ok ? resourcesOf(state.value, kind).get(name) : undefined
  return resource === undefined ? {} : etag(resource.revision)
}

function shown(kind: EnforcedKind, name: string, resource: Resource<never>) {
  const { spec, revision } = resource
  return { name, ...publicId(kind, name, resource), spec: publicSpec(kind, spec), revision }
}

/** The maps differ in their specs only, which are passed on by kind. */
function resourcesOf(state: ConfigState, kind: EnforcedKind): ReadonlyMap<string, Resource<never>> {
  return state.resources[kind] as ReadonlyMap<string, Resource<unknown>> as ReadonlyMap<string, Resource<never>>
}

function laterRoutes(kind: LaterKind): Route[] {
  const refused = () => problem(refusalProblem(refusalOf([laterProblem(kind)])))
  const route = (method: Route['method'], path: string): Route => ({
    method,
    path,
    summary: `${kind} are not enforced by this version`,
    access: 'administrator',
    answers: { 501: problemBody },
    handle: refused,
  })
  return [
    route('GET', `/api/v1/${kind}`),
    route('GET', `/api/v1/${kind}/{name*}`),
    route('PUT', `/api/v1/${kind}/{name*}`),
    route('DELETE', `/api/v1/${kind}/{name*}`),
  ]
}

function laterActions(): Route[] {
  return ['/api/v1/models:dryRun', '/api/v1/guardrails:test'].map((path) => ({
    method: 'POST',
    path,
    summary: 'Not part of this version',
    access: 'administrator',
    answers: { 501: problemBody },
    handle: () =>
      problem(problems.notEnforced([{ path: path.slice('/api/v1/'.length), message: 'is not part of this version' }])),
  }))
}
