// Finds the route of a request. Paths are compared as sent: they are decoded after the match and never normalised, so
// that no spelling of a path reaches a route with other rights than its own.

import { nearest } from '../../../shared/config/nearest.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import type { Route } from './route.ts'

export interface Match {
  route: Route
  params: Record<string, string>
}

interface Compiled {
  route: Route
  pattern: RegExp
  names: string[]
}

export class Router {
  readonly #routes: Compiled[]
  /** The port of the data plane, for callers that are at the wrong one. */
  readonly #dataPort: number | undefined

  /** The first route of the list that fits wins. */
  constructor(routes: readonly Route[], dataPort?: number) {
    this.#routes = routes.map(compile)
    this.#dataPort = dataPort
  }

  find(method: string, path: string): Result<Match, Problem> {
    const fitting = this.#routes.filter(({ pattern }) => pattern.test(path))
    const found = fitting.find(({ route }) => route.method === method)
    if (found !== undefined) return matched(found, path)
    if (fitting.length > 0) return fail(problems.methodNotAllowed(method, allowed(fitting)))
    return fail(problems.notFound(`There is no such path.${this.#suggestion(path)}`))
  }

  #suggestion(path: string): string {
    if (isDataPath(path)) {
      const which = this.#dataPort === undefined ? 'HEADGATE_PORT' : `HEADGATE_PORT, ${this.#dataPort}`
      return ` This is the control port: models are called at the data port (${which}).`
    }
    const known = this.#routes.map(({ route }) => route.path)
    const near = nearest(path.slice(0, 128), known) ?? nearest(collection(path), known.map(collection))
    return near === undefined ? ' See /openapi.json.' : ` The nearest is ${near.replace('*', '')}.`
  }
}

/** Whether a path is one of the APIs of models. */
function isDataPath(path: string): boolean {
  return /^\/(v1|v1beta|v2|openai|anthropic|chat|embeddings|completions|responses|messages|models)(\/|$)/.test(path)
}

/** `/api/v1/models` of everything below it: what is mistyped is seldom the part that stands for a name. */
function collection(path: string): string {
  return path.split('/', 4).join('/').slice(0, 64)
}

function compile(route: Route): Compiled {
  const names: string[] = []
  const pattern = route.path
    .split(/(\{[^}]+\})/)
    .map((part) => {
      if (!part.startsWith('{')) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
      names.push(part.slice(1, -1).replace('*', ''))
      return part.endsWith('*}') ? '(.+)' : '([^/:]+)'
    })
    .join('')
  return { route, names, pattern: new RegExp(`^${pattern}$`) }
}

function matched({ route, pattern, names }: Compiled, path: string): Result<Match, Problem> {
  const values = pattern.exec(path)!.slice(1)
  try {
    return done({ route, params: Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(values[i]!)])) })
  } catch {
    return fail(problems.notFound('The path is not valid percent-encoded UTF-8.'))
  }
}

function allowed(fitting: Compiled[]): string[] {
  const methods = new Set<string>(fitting.map(({ route }) => route.method))
  if (methods.has('GET')) methods.add('HEAD')
  return [...methods].sort()
}
