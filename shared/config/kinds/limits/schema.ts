import { z } from 'zod'
import { isTimeZone } from '../../../time/time-zone.ts'
import { parseDurationMs } from '../../../units.ts'
import { providerPart } from '../reference.ts'
import { duration, label, labels, misplaced, resourceName, upstreamModel } from '../schema-fields.ts'
import {
  calendarWindows,
  isCalendar,
  type LimitSpec,
  type LimitSubject,
  limitSubjects,
  limitUnits,
  wallTimeMs,
} from './spec.ts'

const countMax = 1e12
const concurrencyMax = 1e6
const usdMin = 1e-6
const usdMax = 1e6
const windowMsMin = 1_000
const windowMsMax = 90 * 86_400_000
const keyIdCharactersMax = 128
const overridesMax = 1_000
const metadataSubject = /^metadata\.[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

const isSubject = (text: string): text is LimitSubject =>
  limitSubjects.some((subject) => subject === text) || metadataSubject.test(text)

const count = z.int().positive().max(countMax).exactOptional()

const window = z.string().refine((text) => {
  if (text === '1mo') return true
  const ms = parseDurationMs(text)
  return ms !== undefined && ms >= windowMsMin && ms <= windowMsMax
}, 'expected a duration from 1s to 90d, such as 1m, 1h or 1d, or 1mo for a calendar month')

const target = z.string().refine((text) => {
  const provider = providerPart(text)
  return resourceName.safeParse(provider).success && upstreamModel.safeParse(text.slice(provider.length + 1)).success
}, "expected provider/model, with the provider's name of the model")

const written = (meant: string) => () => `is written ${meant}`

/** What limits are called elsewhere, and how they are written here. */
const otherNames = {
  ...misplaced(['rps'], written('requests, with window: 1s')),
  ...misplaced(['rpm', 'rpm_limit', 'requestsPerMinute'], written('requests, with window: 1m')),
  ...misplaced(['rpd'], written('requests, with window: 1d')),
  ...misplaced(['tpm', 'tpm_limit', 'tokensPerMinute'], written('tokens, with window: 1m')),
  ...misplaced(['tpd'], written('tokens, with window: 1d')),
  ...misplaced(['max_parallel_requests', 'maxParallelRequests', 'parallel'], written('concurrency')),
  ...misplaced(['cost', 'budget', 'max_budget', 'maxBudget'], written('usd; a sum that is never passed is a budget')),
  ...misplaced(['duration', 'budget_duration', 'interval'], written('window')),
}

export const limitSchema = z
  .strictObject({
    per: z
      .string()
      .refine(isSubject, `expected one of ${limitSubjects.join(', ')} or metadata.<name>`)
      .transform((text) => text as LimitSubject)
      .describe('Whose requests share one count.'),
    match: z
      .strictObject({
        team: resourceName.exactOptional(),
        user: resourceName.exactOptional(),
        app: resourceName.exactOptional(),
        key: z.string().min(1).max(keyIdCharactersMax).exactOptional().describe('The id of a key.'),
        costCenter: label.exactOptional(),
        tier: label.exactOptional().describe("The tier of the key's owner, else of its team."),
        model: resourceName.exactOptional(),
        metadata: labels.exactOptional().describe('Labels of the key, its owner or its team.'),
        provider: resourceName.exactOptional(),
        target: target.exactOptional().describe("`provider/model`, with the provider's name of the model."),
      })
      .exactOptional()
      .describe('What counts. Default: everything.'),
    requests: count,
    repeats: count.describe('Requests with the same body.'),
    tokens: count.describe('Input and output together.'),
    inputTokens: count,
    outputTokens: count,
    concurrency: z.int().positive().max(concurrencyMax).exactOptional().describe('Requests at the same time.'),
    usd: z.number().min(usdMin).max(usdMax).exactOptional(),
    wallTime: duration(1_000, windowMsMax, '90d')
      .exactOptional()
      .describe('The time since the first request of a session, after which it is stopped.'),
    window: window.exactOptional().describe('Required, except for concurrency and wallTime.'),
    reset: z
      .literal(['rolling', 'calendar'])
      .exactOptional()
      .describe('Whether what was used comes back evenly, or when the window ends. Default: calendar for 1d and 1mo.'),
    timeZone: z
      .string()
      .refine(isTimeZone, 'expected an IANA time zone such as Europe/Berlin')
      .exactOptional()
      .describe('Where calendar windows begin. Default UTC.'),
    mode: z.literal(['enforce', 'report']).exactOptional().describe('`report` lets through and counts.'),
    onExhausted: z
      .literal(['cut', 'owe'])
      .exactOptional()
      .describe('Whether a stream that uses more than was reserved goes on when the limit is used up. Default: owe.'),
    overdraft: z
      .number()
      .min(0)
      .max(1)
      .exactOptional()
      .describe('The part of the amount that streams may use beyond it before they are cut. Default 0.2.'),
    overrides: z
      .record(z.string().min(1).max(256), z.number().positive().max(countMax))
      .refine((all) => Object.keys(all).length <= overridesMax, `expected at most ${overridesMax} overrides`)
      .exactOptional()
      .describe('Other amounts for some of those who are counted, by name.'),
    ...otherNames,
  })
  .superRefine((spec, context) => {
    for (const field of ['provider', 'target'] as const)
      if (spec.wallTime !== undefined && spec.match?.[field] !== undefined)
        context.addIssue({ code: 'custom', path: ['match', field], message: 'a wall time counts no attempts' })
    for (const { path, message } of [...limitProblems(spec), ...cutProblems(spec), ...overrideProblems(spec)])
      context.addIssue({ code: 'custom', path, message })
  })

const allUnits = [...limitUnits, 'wallTime'] as const

type ReadSpec = Omit<LimitSpec, 'match'>

function limitProblems(spec: ReadSpec): { path: (keyof LimitSpec)[]; message: string }[] {
  const units = allUnits.filter((unit) => spec[unit] !== undefined)
  if (units.length === 0) return [{ path: [], message: `expected one of ${allUnits.join(', ')}` }]
  const [unit, second] = units
  if (second !== undefined)
    return [{ path: [second], message: `a limit counts one thing, and this one has ${unit} already` }]
  if (unit === 'wallTime') return wallTimeProblems(spec)
  return unit === 'concurrency' ? windowless(spec) : windowProblems(spec)
}

/** The units that grow while an answer comes. */
const growingUnits = ['tokens', 'outputTokens', 'usd'] as const

function cutProblems(spec: ReadSpec): { path: (keyof LimitSpec)[]; message: string }[] {
  const { onExhausted, overdraft } = spec
  if (onExhausted === 'cut' && growingUnits.every((unit) => spec[unit] === undefined))
    return [{ path: ['onExhausted'], message: `only a limit of ${growingUnits.join(', ')} can cut a stream` }]
  if (overdraft !== undefined && onExhausted !== 'cut')
    return [{ path: ['overdraft'], message: 'belongs to `onExhausted: cut`' }]
  return []
}

/** Other amounts have the bounds of the amount itself. */
function overrideProblems(spec: ReadSpec): { path: string[]; message: string }[] {
  const unit = limitUnits.find((one) => spec[one] !== undefined)
  if (unit === undefined) return []
  const max = unit === 'concurrency' ? concurrencyMax : countMax
  const isAmount = (amount: number) =>
    unit === 'usd' ? amount >= usdMin && amount <= usdMax : Number.isInteger(amount) && amount <= max
  const message =
    unit === 'usd' ? `expected a number from ${usdMin} to ${usdMax}` : `expected a whole number up to ${max}`
  return Object.entries(spec.overrides ?? {})
    .filter(([, amount]) => !isAmount(amount))
    .map(([subject]) => ({ path: ['overrides', subject], message }))
}

/** A wall time is one of sessions and runs. Its window is how long their names are remembered. */
function wallTimeProblems(spec: ReadSpec): { path: (keyof LimitSpec)[]; message: string }[] {
  const { per, window, reset, timeZone, overrides } = spec
  const problems: { path: (keyof LimitSpec)[]; message: string }[] = []
  if (per !== 'session' && !metadataSubject.test(per))
    problems.push({ path: ['per'], message: 'a wall time is one of sessions: write session or metadata.<name>' })
  if (window === '1mo' || (window !== undefined && (parseDurationMs(window) ?? 0) < wallTimeMs(spec)))
    problems.push({ path: ['window'], message: 'expected a duration that is at least the wall time, such as 1d' })
  for (const [field, value] of Object.entries({ reset, timeZone, overrides }))
    if (value !== undefined)
      problems.push({ path: [field as keyof LimitSpec], message: 'a limit of wall time has none' })
  return problems
}

function windowless({ window, reset, timeZone }: ReadSpec) {
  const named = { window, reset, timeZone }
  return (['window', 'reset', 'timeZone'] as const)
    .filter((field) => named[field] !== undefined)
    .map((field) => ({ path: [field], message: 'requests at the same time have no window' }))
}

function windowProblems(spec: ReadSpec): { path: (keyof LimitSpec)[]; message: string }[] {
  const { window, reset, timeZone } = spec
  if (window === undefined) return [{ path: ['window'], message: 'is required, such as 1m, 1h, 1d or 1mo' }]
  if (window === '1mo' && reset === 'rolling')
    return [{ path: ['reset'], message: 'a month is a calendar window; write 30d for a rolling one' }]
  if (reset === 'calendar' && !calendarWindows.some((known) => known === window))
    return [{ path: ['window'], message: `a calendar window is one of ${calendarWindows.join(', ')}` }]
  if (timeZone !== undefined && !isCalendar(spec as LimitSpec))
    return [{ path: ['timeZone'], message: 'only calendar windows have a time zone' }]
  return []
}
