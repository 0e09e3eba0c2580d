import { expect, test } from 'vitest'
import { AllowList } from '../../auth/callers.ts'
import { testCaller } from '../../request/test-request.ts'
import { anthropicModelList, anthropicModelListing } from './anthropic-model-list.ts'
import { knownListings } from './known-listing.ts'
import { listingOf, snapshot } from './test-models.ts'

test('a model is listed with the day on which it came out, or the beginning of time', () => {
  expect(anthropicModelListing(listingOf('known'))).toEqual({
    type: 'model',
    id: 'known',
    display_name: 'known',
    created_at: '2023-11-14T22:13:20Z',
  })
  expect(anthropicModelListing(listingOf('unknown')).created_at).toBe('1970-01-01T00:00:00Z')
  expect(anthropicModelListing(listingOf('empty')).created_at).toBe('1970-01-01T00:00:00Z')
})

test('the list is one page of what the caller may use', () => {
  const caller = { ...testCaller, models: new AllowList(['two', 'known']) }
  const data = ['known', 'two'].map((name) => anthropicModelListing(listingOf(name)))
  expect(anthropicModelList(knownListings(snapshot, caller, 0))).toEqual({
    data,
    has_more: false,
    first_id: 'known',
    last_id: 'two',
  })
})

test('a caller who may use none gets an empty list', () => {
  const caller = { ...testCaller, models: new AllowList([]) }
  expect(anthropicModelList(knownListings(snapshot, caller, 0))).toEqual({
    data: [],
    has_more: false,
    first_id: null,
    last_id: null,
  })
})
