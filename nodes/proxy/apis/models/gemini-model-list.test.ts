import { expect, test } from 'vitest'
import { AllowList } from '../../auth/callers.ts'
import { testCaller } from '../../request/test-request.ts'
import { geminiModelList, geminiModelListing } from './gemini-model-list.ts'
import { knownListings } from './known-listing.ts'
import { listingOf, snapshot } from './test-models.ts'

test('a model is listed with its limits, where they are known', () => {
  const supportedGenerationMethods = ['generateContent', 'countTokens', 'embedContent']
  expect(geminiModelListing(listingOf('known'))).toEqual({
    name: 'models/known',
    displayName: 'known',
    inputTokenLimit: 128_000,
    outputTokenLimit: 16_000,
    supportedGenerationMethods,
  })
  expect(geminiModelListing(listingOf('unknown'))).toEqual({
    name: 'models/unknown',
    displayName: 'unknown',
    supportedGenerationMethods,
  })
})

test('the list holds what the caller may use', () => {
  const caller = { ...testCaller, models: new AllowList(['two']) }
  expect(geminiModelList(knownListings(snapshot, caller, 0))).toEqual({
    models: [geminiModelListing(listingOf('two'))],
  })
})
