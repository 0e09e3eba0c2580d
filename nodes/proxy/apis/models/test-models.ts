// A snapshot of models for tests of their lists.
import { priceOfRates } from '../../../../shared/models/price.ts'
import type { Target } from '../../providers/endpoint.ts'
import { testTarget } from '../../providers/test-target.ts'
import { routeTo, testCaller, testSnapshot } from '../../request/test-request.ts'
import { type KnownListing, knownListing } from './known-listing.ts'

const listed = { type: 'catalogue', source: 'a list', date: '2026-01-01' } as const
const known: Target = {
  ...testTarget({ provider: 'up', model: 'gpt-x', facts: { contextTokensMax: 128_000, outputTokensMax: 16_000 } }),
  releasedAt: 1_700_000_000,
  price: priceOfRates({ input: 2.5, output: 10, cached: 1.25 }, listed),
}
const unknown = testTarget({ provider: 'local', model: 'own' })
const own: Target = { ...unknown, price: priceOfRates({ input: 0.0021, output: 0.3 }, { type: 'configured' }) }

const two = routeTo('two', known)

export const snapshot = testSnapshot({
  known: routeTo('known', known),
  unknown: routeTo('unknown', unknown),
  priced: routeTo('priced', own),
  two: { ...two, targets: [...two.targets, ...routeTo('two', unknown).targets] },
  empty: { ...two, targets: [] },
})

/** What is known of one. */
export function listingOf(name: string): KnownListing {
  return knownListing(snapshot, testCaller, { name, atMs: 0 })
}
