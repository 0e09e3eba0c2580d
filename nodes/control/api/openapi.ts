// The OpenAPI 3.1 document, made from the table of routes: what is served is what is described.
import { z } from 'zod'
import { jsonSchemaOf } from '../../../shared/config/json-schema.ts'
import { json } from '../http/answer.ts'
import { problemBody } from './answers.ts'
import { jsonMedia, type Route } from './route.ts'

export function openApiRoute(routes: () => readonly Route[], version: string): Route {
  let document: unknown
  return {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    access: 'anyone',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
    handle: () => {
      document ??= openApiDocument(routes(), version)
      return json(200, document)
    },
  }
}

export function openApiDocument(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replace('*}', '}')
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operation(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Headgate admin API',
      version,
      description: 'Names that hold slashes may be sent percent-encoded or as they are.',
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'headgate' },
        sessionSecret: { type: 'apiKey', in: 'header', name: 'x-headgate-csrf' },
      },
      schemas: { Problem: jsonSchemaOf(problemBody) },
    },
    paths,
  }
}

function operation(route: Route) {
  const answers = Object.entries(route.answers).map(([status, answer]) => {
    const alsoAs = status === '200' ? route.alsoAs : undefined
    return [status, response(Number(status), answer, alsoAs)]
  })
  return {
    summary: route.summary,
    operationId: operationId(route),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    security: securityOf[route.access],
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body) }),
    responses: { ...Object.fromEntries(answers), default: response(0, problemBody) },
  }
}

const securityOf: Readonly<Record<Route['access'], readonly object[]>> = {
  administrator: [{ bearer: [] }, { session: [], sessionSecret: [] }],
  anyone: [],
  'metrics-reader': [{}, { bearer: [] }, { session: [], sessionSecret: [] }],
}

function operationId(route: Route): string {
  const words = route.path.replace(/^\/api\/v1/, '').match(/[A-Za-z0-9]+/g) ?? ['root']
  return [route.method.toLowerCase(), ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join('')
}

function pathParameters(route: Route) {
  return [...route.path.matchAll(/\{(\w+)\*?\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(route: Route) {
  const schema = route.query === undefined ? undefined : jsonSchemaOf(route.query)
  const properties = (schema?.['properties'] ?? {}) as Record<string, unknown>
  return Object.entries(properties).map(([name, parameter]) => ({ name, in: 'query', schema: parameter }))
}

function requestBody(body: NonNullable<Route['body']>) {
  const schema = body.schema === undefined ? {} : jsonSchemaOf(body.schema)
  // A YAML document has the same shape as its JSON twin.
  return {
    required: body.optional !== true,
    content: Object.fromEntries(body.media.map((media) => [media, { schema }])),
  }
}

function response(status: number, answer: z.ZodType | string, alsoAs?: string) {
  const description = descriptions[status] ?? (status === 0 ? 'A refusal' : 'Done')
  if (answer === 'none') return { description }
  if (typeof answer === 'string') return { description, content: { [answer]: { schema: { type: 'string' } } } }
  const isProblem = answer === problemBody
  const schema = isProblem ? { $ref: '#/components/schemas/Problem' } : jsonSchemaOf(answer)
  const also = alsoAs === undefined ? {} : { [alsoAs]: { schema: { type: 'string' } } }
  return { description, content: { [isProblem ? 'application/problem+json' : jsonMedia]: { schema }, ...also } }
}

const descriptions: Record<number, string> = {
  201: 'Made',
  204: 'Done, nothing to tell',
  303: 'Go there',
  400: 'The request cannot be read',
  401: 'Sign in first',
  404: 'There is none',
  409: 'Others were faster, five times',
  412: 'If-Match does not hold',
  413: 'Too large',
  422: 'Refused, with every problem at once',
  429: 'Too many failed attempts',
  501: 'Known, but not enforced by this version',
  503: 'Not available now',
  507: 'The log is full',
}
