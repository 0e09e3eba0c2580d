// A route as data: the router, the rights, the checks of query and body, and the OpenAPI document are all read from one
// table, so that none of them can tell another story than the others.
import type { z } from 'zod'
import type { HttpAnswer } from '../http/answer.ts'
import type { ControlRequest } from '../http/server.ts'

export interface Route {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** `{id}` takes one segment, `{name*}` the rest of the path (names of models hold slashes). */
  path: string
  summary: string
  /** Every route says it aloud: nothing is open by having been forgotten. */
  access: 'administrator' | 'anyone' | 'metrics-reader'
  /** Schema of the query parameters by name. A parameter that is not listed is rejected. */
  query?: z.ZodObject
  /** Parameters that are not listed are ignored: load balancers and monitors add some of their own. */
  ignoresOtherQuery?: true
  body?: { media: readonly MediaType[]; schema?: z.ZodType; optional?: true }
  /** Schema of the body by status. A string is the media type of an answer that is not JSON. */
  answers: Record<number, z.ZodType | string>
  /** Another media type of the answer 200. */
  alsoAs?: string
  handle(call: Call): Promise<HttpAnswer> | HttpAnswer
}

export const jsonMedia = 'application/json'
export const yamlMedia = 'application/yaml'
export const formMedia = 'application/x-www-form-urlencoded'
export type MediaType = typeof jsonMedia | typeof yamlMedia | typeof formMedia

export interface Call {
  request: ControlRequest
  /** Decoded parameters of the path. */
  params: Record<string, string>
  query: Record<string, unknown>
  body: CallBody
  caller: Actor
}

/** `value` is the parsed JSON or the form as a record; for YAML it is undefined and `text` speaks. */
export interface CallBody {
  media: MediaType | undefined
  text: string
  value: unknown
}

/** Who did it and why, for the events. */
export interface Actor {
  actor: string
  reason: string
}
