// The price of a target, as an operator writes it. The parts have the names of what they are multiplied by.
import { z } from 'zod'

const priceStepsMax = 8
const tiersMax = 16
const usdPerMTokMax = 1e6
const usdPerUnitMax = 1e4

const usdPerMTok = z.number().nonnegative().max(usdPerMTokMax)
const usdPerUnit = z.number().nonnegative().max(usdPerUnitMax)

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

export const priceSchema = z.strictObject({
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

export const unitPriceSchema = z.strictObject({
  perImage: usdPerUnit.exactOptional(),
  perSecond: usdPerUnit.exactOptional().describe('Of sound.'),
  perMCharacters: usdPerMTok.exactOptional().describe('Of text for speech, by the million.'),
  perSearchUnit: usdPerUnit.exactOptional().describe('Of reranking.'),
})
