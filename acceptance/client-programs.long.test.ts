// Coding agents that nobody here wrote, against every kind of provider: a table of docs/clients/README.md. They are installed once per
// machine (several hundred MB).
import type { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClientTable } from './clients/client-table.ts'
import { clientKinds, providersAt } from './clients/kinds.ts'
import { type Program, programs } from './clients/programs.ts'
import { installProgram, runProgram } from './clients/run-program.ts'
import { startToolUpstream, worked } from './clients/tool-upstream.ts'
import { type Gateway, startGateway } from './gateway.ts'

let upstream: LLMock
let gateway: Gateway
let key: string
const table = new ClientTable('programs')
const folders = new Map<Program, string>()

beforeAll(async () => {
  upstream = await startToolUpstream()
  gateway = await startGateway({ config: { providers: providersAt(upstream.url) } })
  key = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

const rowOf = ({ name, page }: Program) => `[${name}](${page})`

describe.each(programs.map((program) => [program.name, program] as const))('%s', (_name, program) => {
  beforeAll(async () => {
    folders.set(program, await installProgram(program))
  }, 900_000)

  const ask = (prompt: string, model: string) =>
    runProgram(program, { folder: folders.get(program) ?? '', prompt, model, base: gateway.base, key })

  const prompt = 'USETOOL Run the shell command that you are given, then tell what it said.'
  test.each(clientKinds.map(({ name, model }) => [name, model] as const))(
    'runs its tool, and answers, on %s',
    async (kind, model) => {
      table.runs(rowOf(program), kind)
      expect(await ask(prompt, model)).toContain(worked)
      // It has said what came of it, too.
      table.holds(rowOf(program), kind, 'text, tools')
    },
  )
})

test.each(clientKinds.filter(({ name }) => name !== 'openai' && name !== 'azure').map(({ model }) => model))(
  'Codex runs a tool of a group on %s',
  async (model) => {
    const codex = programs.find(({ bin }) => bin === 'codex')
    const folder = codex === undefined ? undefined : folders.get(codex)
    if (codex === undefined || folder === undefined) throw new Error('Codex is not installed')
    const output = await runProgram(codex, { folder, prompt: 'USEGROUP Close it.', model, base: gateway.base, key })
    expect(output).toContain(worked)
  },
)

test('docs/clients/README.md holds the results', () => {
  expect(table.write(), 'docs/clients/README.md was rewritten: review the changes and commit them').toBe(true)
})
