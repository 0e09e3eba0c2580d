import { expect, test } from 'vitest'
import { type Bus, decodeJson, encodeJson } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { type Crossing, openBridge } from './bridge.ts'

/** Two processes and a network between them; a bus that tells others from oneself is what `NatsBus` adds to a bus. */
function world(table: Crossing[]) {
  const wire: { from: string; subject: string; payload: Uint8Array }[] = []
  const ears: { name: string; subject: string; receive: (payload: Uint8Array, subject: string) => void }[] = []
  const processes = ['a', 'b'].map((name) => {
    const local: Bus = new LocalBus()
    openBridge(
      {
        local,
        network: {
          publish: (subject, payload) => {
            wire.push({ from: name, subject, payload })
            for (const ear of ears) if (ear.name !== name && ear.subject === subject) ear.receive(payload, subject)
          },
          subscribeOthers: (subject, receive) => {
            ears.push({ name, subject, receive })
            return { stop: () => {} }
          },
        },
      },
      table,
    )
    const heard: unknown[] = []
    local.subscribe('s', (payload) => heard.push(decodeJson(payload)))
    return { local, heard }
  })
  const [a, b] = processes as [(typeof processes)[0], (typeof processes)[0]]
  return { a, b, wire }
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

test.each([
  ['both', true, true],
  ['out', true, false],
  ['in', false, false],
] as const)('%s: what is said in one process crosses once', async (way, isSent, isHeard) => {
  const { a, b, wire } = world([{ subject: 's', way }])
  a.local.publish('s', encodeJson('hello'))
  await settled()
  expect(a.heard).toEqual(['hello'])
  expect(wire.map(({ from }) => from)).toEqual(isSent ? ['a'] : [])
  expect(b.heard).toEqual(isHeard ? ['hello'] : [])
})

test('what the table does not name stays', async () => {
  const { a, wire } = world([{ subject: 'other', way: 'both' }])
  a.local.publish('s', encodeJson('hello'))
  await settled()
  expect(wire).toEqual([])
})
