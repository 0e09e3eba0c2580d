// The price of a target, as an operator writes it. The parts have the names of what they are multiplied by.
import { z } from 'zod'

const priceStepsMax = 8
const datesMax = 32
const fromPattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/
const noDate = 'expected a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z'
const tiersMax = 16
const usdPerMTokMax = 1e6
const usdPerUnitMax = 1e4

/** What costs are counted in: a pico-dollar for a token, a nano-dollar for a unit. Less would be counted as nothing. */
const usdPerMTokMin = 1e-6
const usdPerUnitMin = 1e-9

const usdPerMTok = priceNumber(usdPerMTokMin, usdPerMTokMax)
const usdPerUnit = priceNumber(usdPerUnitMin, usdPerUnitMax)

function priceNumber(min: number, max: number) {
  return z
    .number()
    .nonnegative()
    .max(max)
    .refine((usd) => usd <= 0 || usd >= min, `expected 0 or a number of at least ${plainNumber(min)}`)
}

function plainNumber(usd: number): string {
  return usd.toFixed(9).replace(/0+$/, '')
}

const rates = {
  inputPerMTok: usdPerMTok,
  outputPerMTok: usdPerMTok,
  cachedInputPerMTok: usdPerMTok.exactOptional().describe("Read from the provider's cache. Default: as input."),
  cacheWritePerMTok: usdPerMTok.exactOptional().describe('Written to its cache. Default: as input.'),
  cacheWrite1hPerMTok: usdPerMTok.exactOptional().describe('Written for an hour. Default: as cacheWritePerMTok.'),
  reasoningPerMTok: usdPerMTok.exactOptional().describe('Thoughts. Default: as output.'),
  audioInputPerMTok: usdPerMTok.exactOptional().describe('Sound that is sent. Default: as input.'),
  cachedAudioInputPerMTok: usdPerMTok.exactOptional().describe('Default: as much cheaper as cached text is.'),
  audioOutputPerMTok: usdPerMTok.exactOptional().describe('Sound that is answered. Default: as output.'),
  imageInputPerMTok: usdPerMTok.exactOptional().describe('Pictures that are sent. Default: as input.'),
  cachedImageInputPerMTok: usdPerMTok.exactOptional().describe('Default: as much cheaper as cached text is.'),
  imageOutputPerMTok: usdPerMTok.exactOptional().describe('Pictures that are answered. Default: as output.'),
}

const steppedRates = {
  ...rates,
  above: z
    .array(z.strictObject({ inputTokens: z.int().positive(), ...rates }))
    .max(priceStepsMax)
    .exactOptional()
    .describe('Rates of requests with more input tokens than that.'),
}

const tierName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'is the name of a service tier: flex, priority, batch, fast')

const from = z
  .string()
  .regex(fromPattern, { error: noDate, abort: true })
  .refine(isDate, noDate)
  .exactOptional()
  .describe('When it begins to hold: a date (in UTC) or a time. Default: always.')

const price = z.strictObject({
  from,
  ...steppedRates,
  tiers: z
    .record(tierName, z.strictObject(steppedRates))
    .refine((tiers) => Object.keys(tiers).length <= tiersMax, `has more than ${tiersMax} tiers`)
    .exactOptional()
    .describe(
      'Rates of service tiers that cost something else, by what the answer calls them: flex, priority, batch, fast.',
    ),
  perRequest: z
    .union([usdPerUnit, z.strictObject({ low: usdPerUnit, medium: usdPerUnit, high: usdPerUnit })])
    .exactOptional()
    .describe('USD for an answer, or by its search_context_size.'),
  perWebSearch: usdPerUnit.exactOptional().describe('USD for a web search of the provider.'),
  perFileSearch: usdPerUnit.exactOptional().describe("USD for a search of the provider in the caller's files."),
  perGroundedPrompt: usdPerUnit.exactOptional().describe('USD for an answer that the provider searched for.'),
  citationPerMTok: usdPerMTok.exactOptional().describe('Tokens of what was found, where they are counted apart.'),
})

const unitPrice = z.strictObject({
  from,
  perImage: usdPerUnit.exactOptional(),
  perSecond: usdPerUnit.exactOptional().describe('Of sound.'),
  perMCharacters: usdPerMTok.exactOptional().describe('Of text for speech, by the million.'),
  perSearchUnit: usdPerUnit.exactOptional().describe('Of reranking.'),
})

/** One price, or one from each date on. */
export const priceSchema = z.union([price, dated(price)])
export const unitPriceSchema = z.union([unitPrice, dated(unitPrice)])

function dated<Schema extends typeof price | typeof unitPrice>(schema: Schema) {
  return z
    .array(schema)
    .min(1)
    .max(datesMax)
    .superRefine((list, context) => {
      const at = list.findIndex(({ from }, index) => index > 0 && !(timeOf(from) > timeOf(list[index - 1]?.from)))
      if (at === -1) return
      const message = 'expected later dates one after the other; only the first price may be without one'
      context.addIssue({ code: 'custom', path: [at, 'from'], message })
    })
}

/** `Date.parse` takes 30 February for a day in March. */
function isDate(text: string): boolean {
  const day = text.slice(0, 10)
  const ms = Date.parse(day)
  return !Number.isNaN(Date.parse(text)) && new Date(ms).toISOString().startsWith(day)
}

function timeOf(from: string | undefined): number {
  return from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from)
}
