// Why a call to the admin API did not give an answer, and how to say it to a person.
import { listOf, recordOf, textOf } from './reading.ts'

export interface FieldProblem {
  path: string
  message: string
}

export type ApiProblem =
  | { type: 'refused'; status: number; title: string; detail: string; problems: readonly FieldProblem[] }
  | { type: 'unreachable' } // no answer at all: the node is down or the network is
  | { type: 'unreadable'; status: number } // an answer, but not JSON: something else listens there
  | { type: 'aborted' } // we asked no more; nobody needs to be told

/** Reads RFC 9457 problem details. */
export function problemOf(status: number, body: unknown): ApiProblem {
  const { title, detail, problems } = recordOf(body)
  return {
    type: 'refused',
    status,
    title: textOf(title, `The server answered ${status}`),
    detail: textOf(detail),
    problems: listOf(problems).map((entry) => {
      const { path, message } = recordOf(entry)
      return { path: textOf(path), message: textOf(message) }
    }),
  }
}

export function titleOf(problem: ApiProblem): string {
  switch (problem.type) {
    case 'refused':
      return problem.title
    case 'unreachable':
      return 'The control node does not answer'
    case 'unreadable':
      return `The control node answered ${problem.status} without JSON`
    case 'aborted':
      return 'Cancelled'
  }
}

export function detailOf(problem: ApiProblem): string {
  switch (problem.type) {
    case 'refused':
      return problem.detail
    case 'unreachable':
      return 'Check that Headgate is running. This page tries again by itself.'
    case 'unreadable':
      return 'A proxy in between may have answered in its place.'
    case 'aborted':
      return ''
  }
}
