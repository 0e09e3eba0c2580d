// The link against real servers that are killed, stopped, and reconfigured with other credentials.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { busyness } from '../../shared/test-load.ts'
import type { NatsLink } from './nats-link.ts'
import { findNatsServer, type NatsRig, startNatsRig } from './nats-rig.ts'
import { openNatsLink } from './open-nats-link.ts'
import { makeJwtOperator } from './test-jwt-operator.ts'

const reason = 'nats-server is not installed'
let rig: NatsRig | undefined
let link: NatsLink | undefined
let folder: string
beforeEach((context) => {
  if (findNatsServer() === undefined) context.skip(reason)
  folder = mkdtempSync(join(tmpdir(), 'headgate-link-'))
})
afterEach(async () => {
  await link?.close()
  link = undefined
  await rig?.dispose()
  rig = undefined
  rmSync(folder, { recursive: true, force: true })
})

function open(servers: string, options: { credsFile?: string; caFile?: string } = {}) {
  const notices: Notice[] = []
  const opened = openNatsLink({
    servers: servers.split(','),
    name: 'test',
    clock: systemClock,
    chance: Math.random,
    notify: (notice: Notice) => notices.push(notice),
    ...options,
  })
  if (!opened.ok) throw new Error(opened.error.message)
  link = opened.value
  return { link: opened.value, notices }
}

const within = { timeout: 60_000, interval: 20 }
const connected = (link: NatsLink) => expect.poll(() => link.status.isConnected, within)

test('a server that is killed and started again is found again, by another connection', async () => {
  rig = await startNatsRig()
  const { link, notices } = open(rig.url)
  await connected(link).toBe(true)
  const first = link.connection
  const heard: boolean[] = []
  link.onChange((isConnected) => heard.push(isConnected))
  await rig.kill()
  await connected(link).toBe(false)
  expect(link.status.trouble).toBeDefined()
  await rig.start()
  await connected(link).toBe(true)
  expect(heard).toEqual([true, false, true])
  expect(link.connection).not.toBe(first)
  expect(first?.isClosed()).toBe(true)
  expect(link.status).toMatchObject({ reconnects: 1, trouble: undefined })
  expect(notices.map(({ type }) => type)).toEqual([
    'nats-without-credentials',
    'nats-connected',
    'nats-away',
    'nats-connected',
  ])
})

test('a link that is opened before its server connects once there is one', async () => {
  rig = await startNatsRig()
  await rig.kill()
  const { link } = open(rig.url)
  await expect.poll(() => link.status.trouble, within).toContain('ECONNREFUSED')
  await rig.start()
  await connected(link).toBe(true)
})

test('a server that stands still is noticed within 3 s, and another one is found', async () => {
  rig = await startNatsRig({ servers: 3 })
  const { link } = open(rig.url)
  await connected(link).toBe(true)
  const port = link.connection?.getServer()
  const stuck = rig.servers.find(({ url }) => url === port)
  stuck?.pause()
  const pausedMs = performance.now()
  await connected(link).toBe(false)
  // The bound is 3 s; a busy machine may be late on top of it.
  expect(performance.now() - pausedMs).toBeLessThan(8_000 * busyness())
  expect(link.status.trouble).toContain('does not answer pings')
  await connected(link).toBe(true)
  expect(link.connection?.getServer()).not.toBe(port)
})

test('a server that stands still under a full socket is given up all the same', async () => {
  rig = await startNatsRig()
  const { link } = open(rig.url)
  await connected(link).toBe(true)
  const { connection } = link
  rig.server.pause()
  const payload = new Uint8Array(100_000)
  for (let i = 0; i < 200; i++) connection?.publish('x', payload)
  await connected(link).toBe(false)
  expect(connection?.isClosed()).toBe(true)
  rig.server.resume()
  await connected(link).toBe(true)
})

test('what was published leaves before the link is closed', async () => {
  rig = await startNatsRig()
  const listener = open(rig.url).link
  await connected(listener).toBe(true)
  let heard = 0
  listener.connection?.subscribe('x', { callback: () => void heard++ })
  await listener.connection?.flush()
  const { link } = open(rig.url)
  await connected(link).toBe(true)
  for (let i = 0; i < 100; i++) link.connection?.publish('x', new Uint8Array(10))
  await link.close()
  await expect.poll(() => heard).toBe(100)
  await listener.close()
})

describe('credentials', () => {
  /** Starts a server whose users are in a file of their own, so that they can change while it runs. */
  async function startWithUsers(users: string) {
    const write = (text: string) => writeFileSync(join(folder, 'users.conf'), text)
    write(users)
    const started = await startNatsRig({ config: `include "../${basename(folder)}/users.conf"` })
    rig = started
    return (changed: string) => {
      write(changed)
      process.kill(started.server.pid!, 'SIGHUP')
    }
  }

  function newNkey(): { user: string; seed: string } {
    const pair = nkeys.createUser()
    return { user: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) }
  }
  const onlyUser = (user: string) => `authorization { users: [ { nkey: ${user} } ] }`

  test('a wrong one is a loud notice without the secret; a new one in the file needs no restart', async () => {
    const [right, wrong] = [newNkey(), newNkey()]
    await startWithUsers(onlyUser(right.user))
    const credsFile = join(folder, 'user.nk')
    writeFileSync(credsFile, wrong.seed)
    const { link, notices } = open(rig!.url, { credsFile })
    await expect.poll(() => notices.map(({ type }) => type), within).toContain('nats-credentials-refused')
    await expect.poll(() => link.status.trouble, within).toMatch(/authorization/i)
    writeFileSync(credsFile, `${right.seed}\n`)
    await connected(link).toBe(true)
    expect(notices.filter(({ type }) => type === 'nats-credentials-refused')).toHaveLength(1)
    const said = JSON.stringify(notices)
    expect(said).not.toContain(wrong.seed)
    expect(said).not.toContain(right.seed)
  })

  test('one that is revoked ends the connection, loudly; the next one is taken', async () => {
    const [first, second] = [newNkey(), newNkey()]
    const change = await startWithUsers(onlyUser(first.user))
    const credsFile = join(folder, 'user.nk')
    writeFileSync(credsFile, first.seed)
    const { link, notices } = open(rig!.url, { credsFile })
    await connected(link).toBe(true)
    change(onlyUser(second.user))
    await connected(link).toBe(false)
    await expect.poll(() => notices.map(({ type }) => type), within).toContain('nats-credentials-refused')
    writeFileSync(credsFile, second.seed)
    await connected(link).toBe(true)
  })

  test('a creds file with a token is taken, and its revocation is seen', async () => {
    const operator = makeJwtOperator(systemClock)
    const user = operator.issueUser()
    const change = await startWithUsers(operator.serverConfig())
    const credsFile = join(folder, 'user.creds')
    writeFileSync(credsFile, user.creds)
    const { link, notices } = open(rig!.url, { credsFile })
    await connected(link).toBe(true)
    change(operator.serverConfig({ revoked: user.publicKey }))
    await expect.poll(() => notices.map(({ type }) => type), within).toContain('nats-credentials-refused')
    await connected(link).toBe(false)
    writeFileSync(credsFile, operator.issueUser().creds)
    await connected(link).toBe(true)
    expect(JSON.stringify(notices)).not.toContain(user.seed)
  })

  test.each([
    ['that is not there', undefined, 'cannot be read'],
    ['with something else in it', 'hunter2-hunter2', 'neither NATS credentials'],
  ])('a file %s is trouble of its own', async (_what, content, trouble) => {
    const credsFile = join(folder, 'user.creds')
    if (content !== undefined) writeFileSync(credsFile, content)
    const { link, notices } = open('127.0.0.1:1', { credsFile })
    await expect.poll(() => link.status.trouble, within).toContain(trouble)
    expect(notices[0]).toMatchObject({ type: 'nats-credentials-refused' })
    expect(JSON.stringify([notices, link.status])).not.toContain('hunter2')
  })

  test('a subject that may not be used is told once, and the connection stays', async () => {
    const { user, seed } = newNkey()
    await startWithUsers(`authorization { users: [ { nkey: ${user}, permissions: { publish: "allowed" } } ] }`)
    const credsFile = join(folder, 'user.nk')
    writeFileSync(credsFile, seed)
    const { link, notices } = open(rig!.url, { credsFile })
    await connected(link).toBe(true)
    for (let i = 0; i < 3; i++) link.connection?.publish('forbidden', new Uint8Array(1))
    await link.connection?.flush()
    const told = () => notices.filter(({ type }) => type === 'nats-permission-refused')
    await expect.poll(told).toEqual([{ type: 'nats-permission-refused', operation: 'publish', subject: 'forbidden' }])
    expect(link.status.isConnected).toBe(true)
  })
})
