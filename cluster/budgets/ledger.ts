// The algebra of one budget in one window: what its holders have spent and what they may still spend. A holder is one life of a
// proxy. It tells the whole of what it has spent and of what it still holds, under a growing number, so a report that comes twice,
// late or not at all changes nothing but the time at which it is known. Amounts are whole nano-dollars.

export interface Share {
  /** The number of the holder's last report. */
  readonly sequence: number
  /** What it has spent since it began. */
  readonly settled: number
  /** What it may spend beyond that. */
  readonly open: number
}

export interface Ledger {
  /** The amount of the budget, under the newest configuration that a report came with. */
  readonly cap: number
  readonly revision: number
  readonly name: string
  readonly windowEndMs: number
  readonly alertAt: readonly number[]
  readonly shares: Readonly<Record<string, Share>>
  /** Spent by holders whose shares were folded away. */
  readonly closed: number
  /** The part of what is spent that is an upper bound: of holders that ended without knowing what they had spent. */
  readonly unsure: number
  /** All that was ever granted, and all that was given back: what is granted is spent, open or given back. A holder that tells more than was
   *  known, after a register was rewound, counts as granted it. Absent in ledgers of earlier releases. */
  readonly granted?: number
  readonly returned?: number
  /** Thresholds that were passed, each with the report that passed it. */
  readonly passed: readonly Passed[]
}

export interface Passed {
  readonly threshold: number
  readonly holder: string
  readonly sequence: number
}

export interface Report {
  readonly holder: string
  readonly sequence: number
  readonly settled: number
  readonly open: number
  /** The smallest amount that a waiting request lacks; 0 when none waits. */
  readonly least: number
  /** What all waiting requests lack. */
  readonly waiting: number
  /** What the holder would like to have in reserve. */
  readonly wants: number
  /** The holder has ended, and `settled` is the most that it can have spent. */
  readonly hasEnded?: boolean
}

/** The budget as the configuration has it. Absent in the report of a holder that has ended. */
export interface BudgetTerms {
  readonly name: string
  readonly cap: number
  readonly revision: number
  readonly windowEndMs: number
  readonly alertAt: readonly number[]
}

export interface Standing {
  readonly cap: number
  readonly settled: number
  readonly open: number
}

export interface Applied {
  readonly ledger: Ledger
  /** What the holder may spend in all since it began. */
  readonly granted: number
  readonly standing: Standing
  /** Thresholds that this report was the first to pass. */
  readonly alerts: readonly Passed[]
  /** Something waits for what others hold. */
  readonly isShort: boolean
  /** What is left is too little to keep any of it in reserve. */
  readonly isScarce: boolean
}

/** The part of a budget below which no holder keeps a reserve. */
const scarcePart = 1 / 32
const sharesMax = 64

export function newLedger({ cap, revision, name, windowEndMs, alertAt }: BudgetTerms): Ledger {
  return {
    cap,
    revision,
    name,
    windowEndMs,
    alertAt,
    shares: {},
    closed: 0,
    unsure: 0,
    granted: 0,
    returned: 0,
    passed: [],
  }
}

export function standingOf({ cap, shares, closed }: Ledger): Standing {
  let [settled, open] = [closed, 0]
  for (const share of Object.values(shares)) {
    settled += share.settled
    open += share.open
  }
  return { cap, settled, open }
}

export function applyReport(before: Ledger, report: Report, terms?: BudgetTerms): Applied {
  const renewed = terms === undefined || terms.revision < before.revision ? before : underTerms(before, terms)
  const known = renewed.shares[report.holder]
  if (known !== undefined && report.sequence <= known.sequence) return repeated(renewed, known, report)
  const share = shareOf(known, report)
  const told = { ...renewed, ...sharesWith(renewed, report.holder, share), ...flowsWith(renewed, known, share) }
  const ended = report.hasEnded === true ? { ...told, unsure: told.unsure + unsureOf(known, report) } : told
  const { ledger, granted, isShort } = grant(ended, report)
  const standing = standingOf(ledger)
  const alerts = newlyPassed(ledger, standing, report)
  return {
    ledger: alerts.length === 0 ? ledger : { ...ledger, passed: [...ledger.passed, ...alerts] },
    granted,
    standing,
    alerts,
    isShort,
    isScarce: isScarce(standing),
  }
}

function underTerms(ledger: Ledger, { cap, revision, name, windowEndMs, alertAt }: BudgetTerms): Ledger {
  return { ...ledger, cap, revision, name, windowEndMs, alertAt }
}

/** What was granted and given back, with a holder's new share. */
function flowsWith(
  ledger: Ledger,
  known: Share | undefined,
  share: Share,
): Required<Pick<Ledger, 'granted' | 'returned'>> {
  const { granted, returned } = flowsOf(ledger)
  const more = share.settled + share.open - (known === undefined ? 0 : known.settled + known.open)
  return more > 0 ? { granted: granted + more, returned } : { granted, returned: returned - more }
}

/** What was granted and given back. Ledgers of earlier releases begin with what they have. */
export function flowsOf(ledger: Ledger): Required<Pick<Ledger, 'granted' | 'returned'>> {
  const { settled, open } = standingOf(ledger)
  return { granted: ledger.granted ?? settled + open, returned: ledger.returned ?? 0 }
}

/** What was spent never shrinks. A holder that has ended may have noted more than it was granted in the end. */
function shareOf(known: Share | undefined, { sequence, settled, open, hasEnded }: Report): Share {
  const least = known?.settled ?? 0
  const most = hasEnded === true && known !== undefined ? known.settled + known.open : Number.POSITIVE_INFINITY
  return { sequence, settled: Math.max(least, Math.min(settled, most)), open: Math.max(0, open) }
}

function unsureOf(known: Share | undefined, report: Report): number {
  return shareOf(known, report).settled - (known?.settled ?? 0)
}

/** The answer to a report that was applied before: the same again. To an older one: what is known now. */
function repeated(ledger: Ledger, { settled, open }: Share, { holder, sequence }: Report): Applied {
  const standing = standingOf(ledger)
  const alerts = ledger.passed.filter((one) => one.holder === holder && one.sequence === sequence)
  return { ledger, granted: settled + open, standing, alerts, isShort: false, isScarce: isScarce(standing) }
}

function newlyPassed({ passed, cap, alertAt }: Ledger, { settled }: Standing, { holder, sequence }: Report): Passed[] {
  const known = new Set(passed.map(({ threshold }) => threshold))
  return alertAt
    .filter((threshold) => !known.has(threshold) && settled >= threshold * cap)
    .map((threshold) => ({ threshold, holder, sequence }))
}

function grant(ledger: Ledger, { holder, least, waiting, wants }: Report) {
  const share = ledger.shares[holder] ?? { sequence: 0, settled: 0, open: 0 }
  const { cap, settled, open } = standingOf(ledger)
  const left = Math.max(0, cap - settled - open)
  const amount = left < least ? 0 : Math.min(left, Math.max(least, Math.min(waiting + wants, chunkOf(ledger, left))))
  const isShort = amount === 0 && least > 0 && open > share.open
  const granted = share.settled + share.open + amount
  if (amount === 0) return { ledger, granted, isShort }
  const raised = { ...share, open: share.open + amount }
  const shares = { ...ledger.shares, [holder]: raised }
  return { ledger: { ...ledger, shares, granted: flowsOf(ledger).granted + amount }, granted, isShort }
}

/** The most that is granted at once beyond need: it shrinks with what is left, so that little lies idle in the end. */
function chunkOf({ shares }: Ledger, left: number): number {
  const holders = Object.values(shares).filter(({ open }) => open > 0).length
  return Math.floor(left / (2 * (holders + 1)))
}

function isScarce({ cap, settled, open }: Standing): boolean {
  return cap - settled - open < cap * scarcePart
}

/** The shares with another one in them. Where there are too many, the oldest without anything open are folded into `closed`. */
function sharesWith({ shares, closed }: Ledger, holder: string, share: Share): Pick<Ledger, 'shares' | 'closed'> {
  const all = Object.entries({ ...shares, [holder]: share })
  if (all.length <= sharesMax) return { shares: { ...shares, [holder]: share }, closed }
  const folded = all.find(([name, { open }]) => open === 0 && name !== holder)
  if (folded === undefined) return { shares: { ...shares, [holder]: share }, closed }
  const kept = Object.fromEntries(all.filter(([name]) => name !== folded[0]))
  return { shares: kept, closed: closed + folded[1].settled }
}
