import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Everything that `file` imports at run time, by its own words and those of what it imports. */
function importsOf(file: URL, found = new Set<string>()): Set<string> {
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gms)
  for (const [, from = ''] of imports) {
    const next = from.startsWith('.') ? new URL(from, file).href : from
    if (found.has(next)) continue
    found.add(next)
    if (from.startsWith('.')) importsOf(new URL(next), found)
  }
  return found
}

test.each(['fold', 'snapshot', 'events', 'kinds/kind', 'secret-fields', 'egress'])(
  'a proxy that loads %s loads neither zod nor yaml',
  (name) => {
    const packages = [...importsOf(new URL(`./${name}.ts`, import.meta.url))].filter(
      (from) => !/^(file|node):/.test(from),
    )
    expect(packages).toEqual([])
  },
)

test('the look at imports sees what it looks for', () => {
  expect([...importsOf(new URL('./decide.ts', import.meta.url))]).toContain('zod')
})
