// What a handler returns: values that one sender writes, so that security headers, request ids and problem documents
// cannot be forgotten on one path of many.

export interface HttpAnswer {
  status: number
  headers?: Record<string, string>
  /** Pieces are sent as the reader takes them. An error among them cuts the answer, so that it does not look complete. */
  body?: string | Uint8Array | AsyncIterable<string>
}

export interface ProblemItem {
  /** `targets[0].provider`, `query.limit`; '' for the whole document. */
  path: string
  message: string
  line?: number
  column?: number
}

/** RFC 9457, the shape of every refusal of the control port. */
export interface Problem {
  status: number
  /** The stable word that clients may branch on; sent as `urn:headgate:problem:<code>`. */
  code: string
  title: string
  detail: string
  problems?: ProblemItem[]
  headers?: Record<string, string>
  /** Further members, such as `commandId`. */
  extra?: Record<string, unknown>
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) }
}

export function problem(told: Problem): HttpAnswer {
  const { status, code, title, detail, problems, headers, extra } = told
  const type = `urn:headgate:problem:${code}`
  const body = { type, title, status, detail, ...(problems === undefined ? {} : { problems }), ...extra }
  return { ...json(status, body), headers: { ...headers, 'content-type': 'application/problem+json' } }
}
