// Which headers scripts of other origins may read.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { corsHeaders } from './cors.ts'

const head = { header: () => 'https://app.example.com' }

test('scripts may read every header about limits', () => {
  const [, , , exposed = ''] = corsHeaders(head, ['*']) ?? []
  for (const unit of ['requests', 'tokens', 'input-tokens', 'output-tokens'])
    expect(exposed.split(', ')).toContain(`anthropic-ratelimit-${unit}-remaining`)
})

test('every header of an answer that is documented can be read by scripts', () => {
  const page = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8')
  const table = page.slice(page.indexOf('## Response headers'), page.indexOf('## CORS'))
  const names = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) => [
    ...cell.matchAll(/`((?:x-|request-id|retry-after)[a-z-]*)`/g),
  ])
  const [, , , exposed = ''] = corsHeaders(head, ['*']) ?? []
  expect(names.length).toBeGreaterThan(12)
  expect(names.map(([, name]) => name).filter((name) => !exposed.split(', ').includes(name ?? ''))).toEqual([])
})
