import { expect, test } from 'vitest'
import type { ProviderSpec } from '../../../../shared/config/kinds/providers/spec.ts'
import { AllowList } from '../../auth/callers.ts'
import { connectProvider, type ProviderConnection } from '../../providers/endpoint.ts'
import { testConnectOptions } from '../../providers/test-connect.ts'
import { testCaller } from '../../request/test-request.ts'
import { BareNames } from '../../snapshot/bare-names.ts'
import { knownListings } from './known-listing.ts'
import { snapshot as configured } from './test-models.ts'

const credentials = [{ name: 'main', apiKey: { $sealed: 's', hint: '' } }]
const specs: Record<string, ProviderSpec> = {
  anthropic: { kind: 'anthropic', credentials },
  local: { kind: 'openai', baseUrl: 'http://127.0.0.1:8000/v1', bareNames: ['known', 'own-model'] },
}
const connections = Object.entries(specs).map(([name, spec]): [string, ProviderConnection] => {
  const connection = connectProvider(name, spec, { ...testConnectOptions(), open: () => 'secret' })
  if (connection === undefined) throw new Error(name)
  return [name, connection]
})
const bareNames = new BareNames(new Map(connections))
const snapshot = { ...configured, bareNames, bareTargetsOf: (name: string) => bareNames.targetsOf(name) }

const namesFor = (models?: string[]) => {
  const caller = { ...testCaller, models: models === undefined ? undefined : new AllowList(models) }
  return knownListings(snapshot, caller, 0).map(({ name }) => name)
}

test('configured names come first; a bare name that one of them hides is listed once', () => {
  const names = namesFor()
  expect(names.slice(0, configured.modelNames.length)).toEqual(configured.modelNames)
  expect(names).toEqual(expect.arrayContaining(['own-model', 'claude-opus-4-8']))
  expect(names.filter((name) => name === 'known')).toEqual(['known'])
})

test('a bare name is listed by its own name, or by what it stands for', () => {
  expect(namesFor(['claude-opus-4-8'])).toEqual(['claude-opus-4-8'])
  expect(namesFor(['anthropic/claude-opus-4-8'])).toEqual(['claude-opus-4-8'])
  expect(namesFor(['local/*'])).toEqual(['own-model'])
})

test('what the catalogue knows of it stands beside it', () => {
  const listed = knownListings(snapshot, testCaller, 0)
  const of = (wanted: string) => listed.find(({ name }) => name === wanted)
  expect(of('claude-opus-4-8')).toMatchObject({ provider: 'anthropic', price: { from: { type: 'catalogue' } } })
  expect(of('own-model')).toMatchObject({ provider: 'local', price: undefined, releasedAt: 0 })
})
