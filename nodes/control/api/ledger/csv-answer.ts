// A list of money events as CSV: one page, or all of them, sent as the reader takes them.
import { done, fail, type Result } from '../../../../shared/result.ts'
import { ledgerCsvHead, ledgerCsvLine } from '../../../../shared/telemetry/answers/ledger-csv.ts'
import type { LedgerBody } from '../../../../shared/telemetry/answers/ledger-pages.ts'
import type { LedgerListQuery } from '../../../../shared/telemetry/ledger-queries.ts'
import { type HttpAnswer, type Problem, problem } from '../../http/answer.ts'
import { problems } from '../../http/problems.ts'

const exportPage = 1_000

export type Ask = (question: LedgerListQuery) => Promise<Result<unknown, Problem>>

/** One page where a limit is given, else all of them, one after the other. Only the beginning of the list has a head, so pages can be put
 *  together. */
export async function csvAnswer(ask: Ask, question: LedgerListQuery, isPage: boolean): Promise<HttpAnswer> {
  const first = await wholePage(ask, isPage ? question : { ...question, limit: exportPage })
  if (!first.ok) return problem(first.error)
  const { next } = first.value
  const headers: Record<string, string> = { 'content-type': 'text/csv; charset=utf-8; header=present' }
  if (question.before !== undefined) headers['content-type'] = 'text/csv; charset=utf-8; header=absent'
  if (isPage && next !== undefined) headers['x-headgate-next'] = next
  return { status: 200, headers, body: csvPages(ask, question, { page: first.value, isPage }) }
}

async function* csvPages(
  ask: Ask,
  question: LedgerListQuery,
  { page, isPage }: { page: LedgerBody; isPage: boolean },
): AsyncGenerator<string, void> {
  if (question.before === undefined) yield ledgerCsvHead
  for (let current = page; ; ) {
    yield current.items.map(ledgerCsvLine).join('')
    if (isPage || current.next === undefined) return
    const following = await wholePage(ask, { ...question, limit: exportPage, before: current.next })
    if (!following.ok) throw new Error(`the export of the ledger is cut: ${following.error.detail}`)
    current = following.value
  }
}

/** A page that has the events of all partitions: a file has no place to say that some are missing. */
async function wholePage(ask: Ask, question: LedgerListQuery): Promise<Result<LedgerBody, Problem>> {
  const answer = await ask(question)
  if (!answer.ok) return answer
  const page = answer.value as LedgerBody & { stale?: readonly unknown[] }
  if (page.stale === undefined) return done(page)
  return fail(problems.unavailable('Some partitions have no aggregator that is up to date.', 'aggregator-unavailable'))
}
