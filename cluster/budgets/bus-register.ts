// The register over the bus of a process: the thread with the file or the connection serves it, the proxy asks.
import { fail, type Result } from '../../shared/result.ts'
import { type Bus, decodeJson, encodeJson, subjects } from '../bus/bus.ts'
import type { Ledger } from './ledger.ts'
import type { LedgerTrouble } from './ledger-store.ts'
import type { LedgerKey } from './ledger-table.ts'
import type { AddressedReport, BudgetRegister, ReportAnswer } from './register.ts'

/** What an answer may take: a request waits for it. */
const reportMsMax = 1_000
const listMsMax = 4_000

export type ReportAnswers = Result<ReportAnswer, LedgerTrouble>[]
export type LedgerList = Result<[LedgerKey, Ledger][], LedgerTrouble>

export async function askRegister(bus: Bus, reports: readonly AddressedReport[]): Promise<ReportAnswers> {
  const told = await bus.request(subjects.budgetReport, encodeJson(reports), reportMsMax)
  return told.ok ? (decodeJson(told.value) as ReportAnswers) : reports.map(() => nobody(told.error.type))
}

export async function askLedgers(bus: Bus): Promise<LedgerList> {
  const told = await bus.request(subjects.budgetList, encodeJson({}), listMsMax)
  return told.ok ? (decodeJson(told.value) as LedgerList) : nobody(told.error.type)
}

export function serveRegister(bus: Bus, register: BudgetRegister): { stop(): void } {
  const reports = bus.serve(subjects.budgetReport, async (payload) => {
    const asked = decodeJson(payload) as AddressedReport[]
    return encodeJson(await Promise.all(asked.map((one) => register.report(one))))
  })
  const list = bus.serve(subjects.budgetList, async () => encodeJson(await register.ledgers()))
  return {
    stop() {
      reports.stop()
      list.stop()
    },
  }
}

function nobody(why: string): Result<never, LedgerTrouble> {
  return fail({ type: 'unavailable', message: `nobody answers for budgets (${why})` })
}
