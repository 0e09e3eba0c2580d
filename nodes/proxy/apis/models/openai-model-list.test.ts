import { expect, test } from 'vitest'
import { AllowList } from '../../auth/callers.ts'
import { testCaller } from '../../request/test-request.ts'
import { knownListings } from './known-listing.ts'
import { modelList, modelListing } from './openai-model-list.ts'
import { listingOf, snapshot } from './test-models.ts'

test('a model is listed with what is known of its first target', () => {
  expect(modelListing(listingOf('known'))).toEqual({
    id: 'known',
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'up',
    context_window: 128_000,
    max_output_tokens: 16_000,
    pricing: { input: 2.5, output: 10, cached_input: 1.25, source: 'a list, 2026-01-01' },
  })
  expect(modelListing(listingOf('two'))).toEqual({ ...modelListing(listingOf('known')), id: 'two' })
})

test('what nobody knows of a model is left out, and its price is null', () => {
  const listing = { id: 'unknown', object: 'model', created: 0, owned_by: 'local', pricing: null }
  expect(modelListing(listingOf('unknown'))).toEqual(listing)
})

test('a price of the operator says so, to the last digit', () => {
  expect(modelListing(listingOf('priced')).pricing).toEqual({
    input: 0.0021,
    output: 0.3,
    cached_input: 0.0021,
    source: 'configured',
  })
})

test('a model whose targets are all gone is listed still', () => {
  expect(modelListing(listingOf('empty'))).toMatchObject({ owned_by: 'headgate', created: 0, pricing: null })
})

test('the list holds what the caller may use', () => {
  expect(modelList(knownListings(snapshot, testCaller, 0)).data.map(({ id }) => id)).toEqual(snapshot.modelNames)
  const caller = { ...testCaller, models: new AllowList(['known', 'nonesuch']) }
  expect(modelList(knownListings(snapshot, caller, 0))).toEqual({
    object: 'list',
    data: [modelListing(listingOf('known'))],
  })
})
