// Libraries that nobody here wrote, with base URL and key and nothing else, against every kind of provider: a table of
// docs/clients/README.md. The programs of that page are run by `client-programs.long.test.ts`.
import type { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClientTable } from './clients/client-table.ts'
import { clientKinds, providersAt } from './clients/kinds.ts'
import { type Library, librariesAt } from './clients/libraries.ts'
import { said, startToolUpstream, worked } from './clients/tool-upstream.ts'
import { type Gateway, startGateway } from './gateway.ts'

// It would say on every run that a model is not among those it knows.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

let upstream: LLMock
let gateway: Gateway
let libraries: readonly Library[]
const table = new ClientTable('libraries')
const names = librariesAt('http://127.0.0.1:1', 'unused').map(({ name }) => name)

beforeAll(async () => {
  upstream = await startToolUpstream()
  gateway = await startGateway({ config: { providers: providersAt(upstream.url) } })
  libraries = librariesAt(gateway.base, (await gateway.issueKey()).secret)
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

const cells = names.flatMap((name) => clientKinds.map((kind) => [name, kind.name, kind.model] as const))

describe.each(cells)('%s on %s', (name, kind, model) => {
  const library = () => {
    const found = libraries.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no library ${name}`)
    return found
  }

  test('an answer', async () => {
    table.runs(name, kind)
    expect(await library().text(model)).toBe(said)
    table.holds(name, kind, 'text')
  })

  test('a tool and its result', async () => {
    table.runs(name, kind)
    expect(await library().tool(model)).toBe(worked)
    table.holds(name, kind, 'tools')
  })
})

test('docs/clients/README.md holds the results', () => {
  expect(table.write(), 'docs/clients/README.md was rewritten: review the changes and commit them').toBe(true)
})
