// A whole document that is applied at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyness } from '../../../shared/test-load.ts'
import { type DescribedControl, describedControl } from '../testing/described-control.ts'

let control: DescribedControl
beforeAll(async () => {
  control = await describedControl()
})
afterAll(() => control.remove())

const admin: DescribedControl['admin'] = (...asked) => control.admin(...asked)

describe('apply', () => {
  const document = `
providers:
  main: { kind: openai, baseUrl: "http://127.0.0.1:9/v1", credentials: [{ name: a, apiKey: sk-apply-canary-1234 }] }
models:
  fast: { targets: [{ provider: main, model: m }] }
`

  test('a document is one revision; the same again is none; what it no longer names goes', async () => {
    const before = await control.revisionNow()
    const applied = await admin('POST', '/apply', document)
    expect(applied.json.revision).toBe(before + 1)
    expect(applied.json.changes.map(({ kind, name, action }: Record<string, string>) => [action, kind, name])).toEqual([
      ['create', 'providers', 'main'],
      ['create', 'models', 'fast'],
    ])
    expect(applied.text).not.toContain('sk-apply-canary')
    expect((await admin('POST', '/apply', document)).json).toEqual({ revision: before + 1, changes: [] })
    await admin('PUT', '/teams/by-hand', {})
    const dry = await admin('POST', '/apply?dryRun=1', '{}')
    expect(dry.json.changes).toHaveLength(2)
    const emptied = await admin('POST', '/apply', {})
    expect(emptied.json.changes.map(({ action }: { action: string }) => action)).toEqual(['delete', 'delete'])
    expect((await admin('GET', '/teams/by-hand')).status).toBe(200)
  })

  test('every problem of a document is told at its line, and nothing is stored', async () => {
    const before = await control.revisionNow()
    const told = await admin(
      'POST',
      '/apply',
      'models:\n  a: { targets: [{ provider: phantom, model: m }], rooting: x }\nguardrails: {}\n',
    )
    expect(told.status).toBe(422)
    expect(told.json.problems.map(({ path, line }: { path: string; line: number }) => [path, line]).sort()).toEqual([
      ['guardrails', 3],
      ['models.a.rooting', 2],
      ['models.a.targets[0].provider', 2],
    ])
    expect(await control.revisionNow()).toBe(before)
  })

  test.each([
    ['a kind that is not enforced', 'guardrails: {}\n', 501],
    [
      'a bomb of aliases',
      `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [${'*a, '.repeat(9)}*a]`).join('\n')}\n`,
      422,
    ],
    ['a bomb of aliases of aliases', bomb(), 422],
    ['a tag that makes code', 'teams: !!js/function "function () {}"\n', 422],
    ['a variable of the server', 'teams:\n  a: { tier: "\u0024{HOME}" }\n', 422],
    [
      'a file of the server',
      'providers:\n  p: { kind: openai, credentials: [{ name: a, apiKey: "file:/etc/hostname" }] }\n',
      422,
    ],
    ['nothing at all', '# empty\n', 422],
    ['broken YAML', 'teams: [\n', 422],
  ])('%s is refused', async (_, text, status) => {
    const before = await control.revisionNow()
    const startedMs = performance.now()
    expect((await admin('POST', '/apply', text)).status).toBe(status)
    expect(performance.now() - startedMs).toBeLessThan(5_000 * busyness())
    expect(await control.revisionNow()).toBe(before)
  })
})

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`)
  return ['l0: &l0 [x]', ...levels].join('\n')
}
