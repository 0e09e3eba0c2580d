// What a process may use, and what its parts have of it: by default, by the gateway's own variables, and by Node's option.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openMemoryGroup } from './control-group.ts'
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts'
import { ask } from './http.ts'
import { until } from './until.ts'

const mib = 1 << 20

interface Limits {
  /** The whole heap of the main thread, with its young part. */
  readonly heap: number
  readonly bodies: number
  readonly parsed: number
  readonly command: string
}

async function limitsOf(options: GatewayOptions): Promise<Limits> {
  const gateway = await startGateway(options)
  try {
    return { ...(await told(gateway)), command: readFileSync(`/proc/${gateway.pid}/cmdline`, 'utf8') }
  } finally {
    await gateway.stop()
  }
}

async function told({ control }: Gateway): Promise<Omit<Limits, 'command'>> {
  let text = ''
  await until(async () => {
    ;({ text } = await ask(`${control}/metrics`, 'GET'))
    return text.includes('headgate_body_memory_max_bytes')
  }, 20_000)
  const figure = (name: string) => Number(new RegExp(`^${name}\\} (\\d+)`, 'm').exec(text)?.[1]) / mib
  const bodyMemory = (memory: string) => figure(`headgate_body_memory_max_bytes\\{[^}]*memory="${memory}"`)
  return { heap: figure('headgate_heap_max_bytes\\{[^}]*'), bodies: bodyMemory('bodies'), parsed: bodyMemory('parsed') }
}

describe('the parts of 512 MiB', () => {
  test('by HEADGATE_MEMORY_MAX: the process begins once more under its id, with a smaller heap', async () => {
    const { heap, bodies, parsed, command } = await limitsOf({ environment: { HEADGATE_MEMORY_MAX: '512MiB' } })
    expect(command).toContain('--max-old-space-size=192\0')
    expect([heap, bodies, parsed]).toEqual([240, 64, 120])
  })

  test('by a control group', async (context) => {
    const group = openMemoryGroup(512 * mib)
    if (group === undefined) return context.skip('no control group may be made here')
    const { bodies, command } = await limitsOf({ groupFile: group.membersFile })
    expect(command).toContain('--max-old-space-size=192\0')
    expect(bodies).toBe(64)
    await until(() => isRemoved(group.remove), 10_000)
  })
})

describe('what the operator sets is obeyed', () => {
  test("Node's own option, whatever the memory", async () => {
    const environment = { NODE_OPTIONS: '--max-old-space-size=400', HEADGATE_MEMORY_MAX: '2GiB' }
    const { heap, bodies, parsed, command } = await limitsOf({ environment })
    expect(command).not.toContain('--max-old-space-size')
    expect([heap, bodies, parsed]).toEqual([448, 256, 224])
  })

  test('the memory for bodies', async () => {
    expect(await limitsOf({ environment: { HEADGATE_BODY_MEMORY_MAX: '100MiB' } })).toMatchObject({ bodies: 100 })
  })

  test('a size that is too small is refused by name', async () => {
    const gateway = await startGateway({ environment: { HEADGATE_MEMORY_MAX: '64MiB' }, ready: false })
    await gateway.ended
    expect(gateway.output()).toContain('HEADGATE_MEMORY_MAX: expected a size of at least 256MiB')
    await gateway.stop()
  })
})

function isRemoved(remove: () => void): boolean {
  try {
    remove()
    return true
  } catch {
    return false
  }
}
