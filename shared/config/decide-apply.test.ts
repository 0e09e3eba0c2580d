import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentOf } from './config-document.ts'
import { checkDocument, decideApply } from './decide.ts'
import { emptyState } from './fold.ts'
import { publicResources } from './public-view.ts'
import { checkState } from './semantics.ts'
import { Gateway, problemsOf, refusalType, smallGateway, tools } from './test-config.ts'

describe('an apply', () => {
  test('reports problems of schema and of meaning together, in the order of the source', () => {
    const text =
      'models:\n  a: { targets: [{ provider: phantom, model: m }], fallbacks: [b], rooting: latency }\n' +
      '  b: { targets: [{ provider: ghost2, model: m }], fallbacks: [a] }\n'
    const gateway = new Gateway()
    const decision = gateway.apply(text)
    expect(decision).toEqual({
      ok: false,
      error: {
        type: 'invalid',
        problems: [
          {
            path: 'models.a.targets[0].provider',
            message: 'there is no provider "phantom"',
            kind: 'invalid',
            line: 2,
            column: 20,
          },
          {
            path: 'models.a.rooting',
            message: 'unknown field "rooting"; did you mean "routing"?',
            kind: 'invalid',
            line: 2,
            column: 68,
          },
          {
            path: 'models.b.targets[0].provider',
            message: 'there is no provider "ghost2"',
            kind: 'invalid',
            line: 3,
            column: 20,
          },
          {
            path: 'models.b.fallbacks[0]',
            message: 'fallbacks run in a circle: a → b → a',
            kind: 'invalid',
            line: 3,
            column: 63,
          },
        ],
      },
    })
    expect(gateway.state.revision).toBe(0)
  })

  test('is unsupported when nothing is wrong but what is not enforced yet', () => {
    const text = `
providers:
  far: { kind: openai, credentials: [{ name: main, apiKey: sk-0123456789-abcdef }] }
models:
  fast: { targets: [{ provider: far, model: m, region: eu }], routing: cost, hedge: {} }
guardrails: { monthly: {} }
`
    const decision = new Gateway().apply(text)
    expect(refusalType(decision)).toBe('unsupported')
    expect(problemsOf(decision).map((problem) => problem.split(':')[0])).toEqual([
      'models.fast.targets[0].region',
      'models.fast.routing',
      'models.fast.hedge',
      'guardrails',
    ])
  })

  test('takes every resource in one change set and the same again changes nothing', () => {
    const text = `
providers: { up: { kind: openai, credentials: [{ name: main, apiKey: sk-0123456789-abcdef }] } }
models: { fast: { targets: [{ provider: up, model: m }], retries: { on: [429, 5xx] } } }
teams: { search: { costCenter: "4711", models: [fast], metadata: { constructor: x } } }
users:
`
    const gateway = new Gateway()
    expect(gateway.apply(text)).toMatchObject({ ok: true, value: { type: 'change-set', changes: { length: 3 } } })
    expect(gateway.state.revision).toBe(1)
    expect(gateway.state.resources.models.get('fast')?.spec.retries).toEqual({ on: ['429', '5xx'] })
    expect(gateway.apply(text)).toEqual({ ok: true, value: undefined })
  })

  test('deletes what an earlier apply made, and nothing that came by the API', () => {
    const gateway = smallGateway()
    gateway.apply('teams: { mine: {}, passing: {} }')
    gateway.put('teams', 'by-hand', {})
    gateway.put('teams', 'mine', { costCenter: 'x' }) // still made by the apply
    expect(gateway.apply('teams: { by-hand: { costCenter: y } }').ok).toBe(true)
    expect([...gateway.state.resources.teams.keys()]).toEqual(['by-hand'])
    gateway.apply('{}')
    expect([...gateway.state.resources.teams.keys()]).toEqual(['by-hand'])
    expect([...gateway.state.resources.models.keys()]).toEqual(['fast'])
  })

  test('may replace a name by one that differs in case, which only one of them could bear', () => {
    const gateway = new Gateway()
    gateway.apply('teams: { search: {} }')
    expect(gateway.apply('teams: { Search: {} }').ok).toBe(true)
    expect(problemsOf(gateway.apply('teams: { Search: {}, search: {} }'))).toEqual([
      'teams.search: this name is a duplicate of "Search": they differ in case or form only',
    ])
  })

  test('does not delete what is still used elsewhere', () => {
    const gateway = new Gateway()
    gateway.apply('teams: { search: {} }')
    gateway.put('users', 'ann@example.com', { team: 'search' })
    expect(problemsOf(gateway.apply('{}'))).toEqual([
      'teams.search: cannot be deleted: still used by users["ann@example.com"].team',
    ])
  })

  test('of an export changes nothing, and looked at offline its masks stand for secrets', () => {
    const gateway = smallGateway()
    const document = documentOf(publicResources(gateway.state))
    expect(decideApply(gateway.state, document, tools)).toEqual({ ok: true, value: undefined })
    expect(checkDocument(emptyState(), document, tools)).toEqual([])
    expect(problemsOf(decideApply(emptyState(), document, tools))).toEqual([
      'providers.up.credentials[0].apiKey: no stored secret here has this mask: give the whole secret',
    ])
  })

  test('of a document that cannot be read says so and nothing about what it lacks', () => {
    const gateway = new Gateway()
    gateway.apply('teams: { search: {} }')
    gateway.put('users', 'ann', { team: 'search' })
    expect(problemsOf(gateway.apply('teams: [search'))).toHaveLength(1)
    expect(problemsOf(gateway.apply(''))).toEqual([': the document is empty; write {} to mean that there is nothing'])
    expect(problemsOf(gateway.apply('- a'))).toEqual([
      ': expected a map of providers, models, teams, users, apps, limits, blocks, budgets, slos',
    ])
  })
})

const name = fc.constantFrom('a', 'b', 'c', 'constructor')
const teams = fc.dictionary(name, fc.record({ costCenter: fc.constantFrom('x', 'y') }, { requiredKeys: [] }))
const users = fc.dictionary(name, fc.record({ team: name }, { requiredKeys: [] }))

test('whatever is applied, a second time changes nothing, and what the API made stays', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ teams, users }), { maxLength: 6 }),
      fc.array(name, { maxLength: 3 }),
      (documents, byHand) => {
        const gateway = new Gateway()
        for (const team of byHand) gateway.put('teams', team, {})
        for (const document of documents) {
          const decision = gateway.settle(decideApply(gateway.state, documentOf(document), tools))
          expect(checkState(gateway.state, tools)).toEqual([])
          for (const team of byHand) expect(gateway.state.resources.teams.has(team)).toBe(true)
          if (!decision.ok) continue
          for (const team of Object.keys(document.teams)) expect(gateway.state.resources.teams.has(team)).toBe(true)
          expect(decideApply(gateway.state, documentOf(document), tools)).toEqual({ ok: true, value: undefined })
        }
      },
    ),
  )
})
