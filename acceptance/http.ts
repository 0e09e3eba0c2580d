// Speaking to a gateway from outside, and reading its answer whole.
export interface Told {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers whose shape they assert
  json: any
}

/** A string is sent as YAML, everything else as JSON. */
export async function ask(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Told> {
  const type = typeof body === 'string' ? 'application/yaml' : 'application/json'
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

/** Headers of a request that leaves no idle connection. A gateway that stops waits until its clients have closed theirs. */
export const closing = { connection: 'close' } as const

/** Whether a URL answers with a good status; false while nobody listens. */
export async function isOk(url: string): Promise<boolean> {
  return fetch(url, { headers: closing }).then(
    async (response) => {
      await response.arrayBuffer()
      return response.ok
    },
    () => false,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
