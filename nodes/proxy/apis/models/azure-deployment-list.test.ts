import { expect, test } from 'vitest'
import { deploymentList, deploymentListing } from './azure-deployment-list.ts'
import { listingOf } from './test-models.ts'

test('a model is listed as a deployment of its first target', () => {
  expect(deploymentListing(listingOf('known'))).toEqual({
    object: 'deployment',
    id: 'known',
    model: 'gpt-x',
    owner: 'organization-owner',
    status: 'succeeded',
    scale_settings: { scale_type: 'standard' },
    created_at: 1_700_000_000,
    updated_at: 1_700_000_000,
  })
})

test('a model whose targets are all gone is its own', () => {
  const list = deploymentList([listingOf('empty')])
  expect(list).toMatchObject({ object: 'list', data: [{ id: 'empty', model: 'empty', created_at: 0 }] })
})
