import { describe, expect, test } from 'vitest'
import { documentOf } from './config-document.ts'
import { decideApply, decidePut } from './decide.ts'
import { type DiffEntry, diffChange, formatDiff } from './diff.ts'
import { decideRotateKey } from './keys/decide-keys.ts'
import { type Gateway, noonIso, smallGateway, tools } from './test-config.ts'

function diffOfApply(gateway: Gateway, document: unknown): DiffEntry[] {
  const decision = decideApply(gateway.state, documentOf(document), tools)
  if (!decision.ok) throw new Error(JSON.stringify(decision.error))
  return diffChange(gateway.state, decision.value)
}

const plain = 'sk-0123456789-abcdef'

describe('a diff', () => {
  test('names what is made, altered and deleted, and leaves the state alone', () => {
    const gateway = smallGateway()
    gateway.apply('teams: { old: {}, search: { costCenter: "1", models: [fast] } }')
    const before = JSON.stringify([...gateway.state.resources.teams])
    const diff = diffOfApply(gateway, {
      teams: { search: { models: ['fast', 'up/x'], tier: 'gold' }, constructor: { tier: 'ok' } },
    })
    expect(formatDiff(diff)).toBe(
      [
        '+ teams.constructor',
        '    tier: "ok"',
        '- teams.old',
        '~ teams.search',
        '    costCenter: "1" → none',
        '    models[1]: none → "up/x"',
        '    tier: none → "gold"',
      ].join('\n'),
    )
    expect(JSON.stringify([...gateway.state.resources.teams])).toBe(before)
  })

  test('of nothing is nothing', () => {
    const gateway = smallGateway()
    expect(diffChange(gateway.state, undefined)).toEqual([])
    expect(formatDiff([])).toBe('')
  })

  test('shows of a secret its mask, and that it changed even behind an equal mask', () => {
    const { state } = smallGateway()
    const credentials = [{ name: 'main', apiKey: `other-${plain}` }]
    const command = {
      kind: 'providers' as const,
      name: 'up',
      input: { kind: 'openai', credentials },
      origin: 'api' as const,
    }
    const decision = decidePut(state, command, tools)
    const diff = diffChange(state, decision.ok ? decision.value : undefined)
    const fields = [{ path: 'credentials[0].apiKey', before: '…cdef', after: '…cdef' }]
    expect(diff).toEqual([{ kind: 'providers', name: 'up', action: 'update', fields }])
  })

  test('never shows a secret or a hash', () => {
    const gateway = smallGateway()
    gateway.issueKey('key_1', { name: 'k' })
    const rotation = { keyId: 'key_1', input: {}, tokenHash: 'hash-of-new', prefix: 'hg_2', at: noonIso }
    const rotated = decideRotateKey(gateway.state, rotation)
    const diffs = [
      ...diffChange(gateway.state, rotated.ok ? rotated.value : undefined),
      ...diffOfApply(gateway, { providers: { new: { kind: 'openai', credentials: [{ name: 'm', apiKey: plain }] } } }),
    ]
    expect(diffs.map(({ kind, action }) => `${action} ${kind}`)).toEqual(['update keys', 'create providers'])
    expect(JSON.stringify(diffs)).not.toMatch(/sk-01|hash-of-new|\$sealed/)
    expect(diffs[0]?.fields).toEqual([
      { path: 'prefix', before: 'key_', after: 'hg_2' },
      { path: 'previous.until', after: noonIso },
    ])
  })
})
