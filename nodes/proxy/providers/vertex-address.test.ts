import { expect, test } from 'vitest'
import { vertexAddress, vertexUrl } from './vertex-address.ts'

const spec = { kind: 'vertex' as const, project: 'p' }

test.each([
  ['global', 'https://aiplatform.googleapis.com'],
  ['europe-west4', 'https://europe-west4-aiplatform.googleapis.com'],
  ['us', 'https://aiplatform.us.rep.googleapis.com'],
  ['eu', 'https://aiplatform.eu.rep.googleapis.com'],
])('without a base URL the region %s is at %s', (region, url) => {
  expect(vertexUrl({ ...spec, region })).toBe(url)
})

test.each([
  ['gemini-2.5-flash', 'google'],
  ['claude-sonnet-4-5@20250929', 'anthropic'],
])('%s is a model of %s', (model, publisher) => {
  const address = vertexAddress({ ...spec, region: 'eu' })
  const place = { basePath: '/v1', path: '/models/x:predict', model, apiVersion: undefined }
  expect(address(place)).toBe(`/v1/projects/p/locations/eu/publishers/${publisher}/models/x:predict`)
})
