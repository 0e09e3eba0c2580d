// The events of the ledger as a file, the newest first, page by page.
import { ledgerCsvHead, ledgerCsvLine } from '../../../../shared/telemetry/answers/ledger-csv.ts'
import type { LedgerBody } from '../../../../shared/telemetry/answers/ledger-pages.ts'
import { type ExitCode, exitCode } from '../../exit-code.ts'
import { refused, type VerbContext } from '../../verb.ts'

export interface ExportVerb {
  from?: string
  to?: string
  /** Default `csv`. */
  format?: 'csv' | 'json'
}

const pageItems = 1_000

/** `json`: an event a line. */
export async function exportLedger(context: VerbContext, { from, to, format = 'csv' }: ExportVerb): Promise<ExitCode> {
  const isCsv = format === 'csv' && !context.json
  let before: string | undefined
  do {
    const query = new URLSearchParams({ limit: String(pageItems) })
    for (const [name, value] of Object.entries({ from, to, before })) if (value !== undefined) query.set(name, value)
    const answer = await context.client.call({ path: `/ledger?${query.toString()}` })
    if (!answer.ok) return refused(context, answer.error)
    const page = answer.value as unknown as LedgerBody & { stale?: unknown }
    if (page.stale !== undefined) {
      return refused(context, { code: exitCode.no, message: 'some partitions have no aggregator that is up to date' })
    }
    if (isCsv && before === undefined) await context.terminal.write(ledgerCsvHead)
    const lines = page.items.map((item) => (isCsv ? ledgerCsvLine(item) : `${JSON.stringify(item)}\n`))
    await context.terminal.write(lines.join(''))
    before = page.next
  } while (before !== undefined)
  return exitCode.ok
}
