// How the mock upstream is told what to do: items joined by dots, `sse.chunks-100.pace-10`. The same text may stand in
// the path (`/do/<items>/v1/…`, free of cost: no body is read), in the header `x-mock`, or in the model's name after
// `mock.` (`mock.status-503`), so that a fault can be chosen through a gateway that forwards nothing but the body.
import { done, fail, type Result } from '../../shared/result.ts'

export interface Directives {
  /** Whether to answer with a stream; undefined: as `stream` in the body says. */
  sse: boolean | undefined
  /** Content chunks of a stream. */
  chunks: number
  /** Milliseconds between chunks; 0 sends them as fast as the peer reads. */
  paceMs: number
  /** Silence after this many chunks until the mock is told to release its streams. */
  holdAfterChunks: number | undefined
  /** `asked`: as OpenAI does, in unary answers always and in streams when `stream_options.include_usage` is true. */
  usage: 'asked' | 'always' | 'never' | 'on-last-choice'
  doneSent: boolean
  status: number
  /** Value of `retry-after`, in seconds. */
  retryAfterSeconds: number | undefined
  /** Errors come as an HTML page, as load balancers write them. */
  html: boolean
  delayMs: number
  /** The request is read and never answered. */
  hang: boolean
  /** The connection closes after this many bytes of the body. */
  cutAfterBytes: number | undefined
  /** An error object takes the place of this chunk, and the stream ends. */
  errorAtChunk: number | undefined
}

export const plainDirectives: Directives = {
  sse: undefined,
  chunks: 16,
  paceMs: 0,
  holdAfterChunks: undefined,
  usage: 'asked',
  doneSent: true,
  status: 200,
  retryAfterSeconds: undefined,
  html: false,
  delayMs: 0,
  hang: false,
  cutAfterBytes: undefined,
  errorAtChunk: undefined,
}

const flags = new Map<string, Partial<Directives>>(
  Object.entries({
    sse: { sse: true },
    unary: { sse: false },
    burst: { paceMs: 0 },
    usage: { usage: 'always' },
    noUsage: { usage: 'never' },
    usageOnLastChoice: { usage: 'on-last-choice' },
    noDone: { doneSent: false },
    html: { html: true },
    hang: { hang: true },
  }),
)

const numbers = new Map<string, (value: number) => Partial<Directives>>(
  Object.entries({
    chunks: (chunks: number) => ({ chunks }),
    pace: (paceMs: number) => ({ paceMs }),
    hold: (holdAfterChunks: number) => ({ holdAfterChunks }),
    status: (status: number) => ({ status }),
    retryAfter: (retryAfterSeconds: number) => ({ retryAfterSeconds }),
    delay: (delayMs: number) => ({ delayMs }),
    cut: (cutAfterBytes: number) => ({ cutAfterBytes }),
    errorAt: (errorAtChunk: number) => ({ errorAtChunk }),
  }),
)

/** The error is the item that is not known: a typo must not pass for a plain answer. */
export function parseDirectives(text: string): Result<Directives, string> {
  let directives = plainDirectives
  for (const item of text.split('.').filter((part) => part !== '')) {
    const change = parseItem(item)
    if (change === undefined) return fail(item)
    directives = { ...directives, ...change }
  }
  return done(directives)
}

function parseItem(item: string): Partial<Directives> | undefined {
  const [, name = '', value] = /^(\w+)(?:-(\d+))?$/.exec(item) ?? []
  return value === undefined ? flags.get(name) : numbers.get(name)?.(Number(value))
}
