import type { Target } from '../load/jobs.ts'
import type { MockUpstream } from '../mock-upstream/mock-upstream.ts'
import type { Speech, Work } from '../scenarios/work.ts'

/** Something that carries work to the mock upstream. */
export interface Subject {
  readonly name: string
  /** Its process group. */
  readonly group: number
  target(work: Work): Target
  stop(): Promise<void>
}

export interface SubjectOptions {
  mock: MockUpstream
  works: readonly Work[]
  /** Folder for configuration, logs and data. */
  folder: string
  /** Root of the repository. */
  root: string
}

export const chatPath = '/v1/chat/completions'
const paths: Readonly<Record<Speech, string>> = { openai: chatPath, anthropic: '/v1/messages' }

/** Path at which a gateway accepts the work. */
export function callerPath({ caller }: Work): string {
  return paths[caller]
}

/** The path at which the mock does the work without looking at its body. */
export function mockPath(work: Work): string {
  return `/do/${work.directives}${paths[work.upstream]}`
}

/** Base URL of the mock for one work: of OpenAI's kind with its `/v1`. */
export function mockBaseUrl(mock: MockUpstream, work: Work): string {
  const origin = work.tls ? mock.tlsUrl : mock.url
  if (origin === undefined) throw new Error(`${work.name} needs a mock with TLS`)
  return `${origin}/do/${work.directives}${work.upstream === 'openai' ? '/v1' : ''}`
}

export function chatTarget(port: number, path: string, work: Work, headers: Record<string, string> = {}): Target {
  const all = { 'content-type': 'application/json', ...headers }
  return { port, method: 'POST', path, headers: all, body: work.body }
}

/** The mock itself, for what a hop adds. Its TLS works go in the clear: the generator speaks none. */
export function directSubject(mock: MockUpstream): Subject {
  const port = Number(new URL(mock.url).port)
  return {
    name: 'direct',
    group: mock.pid,
    target: (work) => chatTarget(port, mockPath(work), work),
    stop: () => Promise.resolve(),
  }
}
