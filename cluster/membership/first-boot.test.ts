import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { encodeJson, subjects } from '../bus/bus.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { FirstBoot } from './first-boot.ts'

let bus: LocalBus
afterEach(() => bus.close())

function booting({ isNew = true } = {}) {
  bus = new LocalBus()
  const clock = new ManualClock()
  const connection = { isConnected: true, sinceMs: clock.monotonicMs() }
  const link = {
    get status() {
      const forMs = clock.monotonicMs() - connection.sinceMs
      return { isConnected: connection.isConnected, forMs, reconnects: 0, trouble: undefined }
    },
  }
  const boot = new FirstBoot({ bus, link, clock, isNew })
  const hear = async (revision: number) => {
    const beat = { node: 'n', role: 'proxy', revision, hash: 'x', queues: {} }
    bus.publish(subjects.heartbeat, encodeJson(beat))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const connect = (isConnected: boolean) => Object.assign(connection, { isConnected, sinceMs: clock.monotonicMs() })
  return { boot, clock, hear, connect }
}

test('a new node that hears nobody for a while may begin', () => {
  const { boot, clock } = booting()
  expect(boot.mayBegin()).toBe(false)
  clock.advance(3_000)
  expect(boot.mayBegin()).toBe(true)
})

test('a node that once held something may not', () => {
  const { boot, clock } = booting({ isNew: false })
  clock.advance(60_000)
  expect(boot.mayBegin()).toBe(false)
})

test('while another node holds something, nobody begins; one that holds nothing does not count', async () => {
  const { boot, clock, hear } = booting()
  await hear(0)
  clock.advance(3_000)
  expect(boot.mayBegin()).toBe(true)
  await hear(7)
  expect(boot.mayBegin()).toBe(false)
})

test('listening with breaks is not listening', () => {
  const { boot, clock, connect } = booting()
  boot.mayBegin()
  clock.advance(2_000)
  connect(false)
  expect(boot.mayBegin()).toBe(false)
  connect(true)
  clock.advance(2_000)
  expect(boot.mayBegin()).toBe(false)
  clock.advance(1_000)
  expect(boot.mayBegin()).toBe(true)
})
