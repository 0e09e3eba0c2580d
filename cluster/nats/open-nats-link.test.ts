// The link against addresses without a server, or with something else than NATS. These tests need no nats-server.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ManualClock, systemClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import type { NatsLink } from './nats-link.ts'
import { type NatsLinkOptions, openNatsLink } from './open-nats-link.ts'

let link: NatsLink | undefined
let server: Server | undefined
afterEach(async () => {
  await link?.close()
  server?.close()
})

function open(options: Partial<NatsLinkOptions> & { servers: string[] }) {
  const notices: Notice[] = []
  const opened = openNatsLink({
    name: 'test',
    clock: systemClock,
    chance: () => 0.5,
    notify: (notice) => notices.push(notice),
    ...options,
  })
  if (!opened.ok) throw new Error(opened.error.message)
  link = opened.value
  return { link: opened.value, notices }
}

/** Answers each connection as `meet` does; resolves with the address. */
async function listen(meet: (socket: Socket) => void): Promise<string> {
  const listening = createServer(meet)
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(listening.address() as AddressInfo).port}`
}

test('without credentials only servers of this machine are used, and that is told', () => {
  const refused = openNatsLink({
    servers: ['nats.example.com:4222'],
    name: 'test',
    clock: systemClock,
    chance: () => 0,
    notify: () => {},
  })
  expect(refused).toMatchObject({ ok: false, error: { type: 'servers', message: expect.stringContaining('loopback') } })
  const { notices } = open({ servers: ['127.0.0.1:1'] })
  expect(notices).toEqual([{ type: 'nats-without-credentials', servers: 1 }])
})

test('a link without a server answers at once that it is away', () => {
  const { link } = open({ servers: ['127.0.0.1:1'] })
  const heard: boolean[] = []
  link.onChange((isConnected) => heard.push(isConnected))
  expect(heard).toEqual([false])
  expect(link.connection).toBeUndefined()
  expect(link.status).toMatchObject({ isConnected: false, reconnects: 0 })
})

test('a server that is away for an hour is tried for ever, and told once', async () => {
  let tries = 0
  const address = await listen((socket) => {
    tries++
    socket.destroy()
  })
  const clock = new ManualClock()
  const { link, notices } = open({ servers: [address], clock })
  for (let hour = clock.monotonicMs() + 3_600_000; clock.monotonicMs() < hour; clock.advance(4_000)) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(tries).toBeGreaterThan(100)
  expect(tries).toBeLessThanOrEqual(3_600 / 2)
  expect(link.status.trouble).toContain(address)
  expect(notices.filter(({ type }) => type === 'nats-away')).toHaveLength(1)
})

test('the pause before a try is partly chance', async () => {
  const waits = new Set<number>()
  for (const chance of [0, 0.4, 0.9]) {
    let tries = 0
    const address = await listen((socket) => {
      tries++
      socket.destroy()
    })
    const clock = new ManualClock(0)
    const { link } = open({ servers: [address], clock, chance: () => chance })
    await expect.poll(() => tries, { interval: 1 }).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    while (tries === 1 && clock.monotonicMs() < 1_000) {
      clock.advance(5)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    waits.add(clock.monotonicMs())
    await link.close()
    server?.close()
  }
  expect(waits.size).toBe(3)
  expect(Math.max(...waits)).toBeLessThanOrEqual(300)
})

test('a server that accepts and says nothing costs no socket that stays', async () => {
  const sockets = new Set<Socket>()
  let accepted = 0
  const address = await listen((socket) => {
    accepted++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  const clock = new ManualClock()
  const { link } = open({ servers: [address], clock })
  for (let tries = 1; tries <= 20; tries++) {
    await expect.poll(() => accepted, { interval: 1 }).toBe(tries)
    clock.advance(2_000) // the time-out of the greeting
    await expect.poll(() => sockets.size, { interval: 1 }).toBe(0)
    clock.advance(4_000) // the pause
  }
  expect(link.status.trouble).toContain('does not answer')
})

test('something that is not NATS is told as that', async () => {
  const address = await listen((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
  const { link } = open({ servers: [address] })
  await expect.poll(() => link.status.trouble).toContain('does not speak NATS')
})

test('a link that is closed tries no more', async () => {
  let tries = 0
  const address = await listen((socket) => {
    tries++
    socket.destroy()
  })
  const clock = new ManualClock()
  const { link } = open({ servers: [address], clock })
  await expect.poll(() => tries).toBe(1)
  await link.close()
  clock.advance(60_000)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(tries).toBe(1)
})
