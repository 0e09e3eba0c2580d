import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../../../shared/free-ports.ts'
import { clusterMarkHeader } from './http.ts'
import { portStranger } from './port-sharing.ts'
import { startTestServer, TestHandler } from './test-handler.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const question = { host: '127.0.0.1', isTls: false, mark: 'ours' }

/** A server that knows the mark. */
async function serverOf(mark: string): Promise<number> {
  const handler = new TestHandler()
  handler.onHeadHook = (head, reply) => {
    if (head.header(clusterMarkHeader) === mark) reply.send(200, [clusterMarkHeader, mark], '{}')
  }
  const { server, port } = await startTestServer({}, handler)
  closers.push(() => server.close())
  return port
}

test('a proxy of the same cluster shares the port', async () => {
  expect(await portStranger({ ...question, port: await serverOf('ours') })).toBeUndefined()
})

test('one of another cluster does not, nor any other server', async () => {
  for (const port of [await serverOf('theirs'), await serverOf('')]) {
    expect(await portStranger({ ...question, port })).toContain(`127.0.0.1:${port}`)
    expect(await portStranger({ ...question, port, host: '0.0.0.0' })).toContain(`0.0.0.0:${port}`)
  }
})

test('a port where nobody listens, or that the kernel picks, has no stranger', async () => {
  expect(await portStranger({ ...question, port: await freePort(Math.random) })).toBeUndefined()
  expect(await portStranger({ ...question, port: 0 })).toBeUndefined()
})

test('one that says nothing is left to the kernel', async () => {
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  closers.push(() => silent.close())
  const { port } = silent.address() as { port: number }
  expect(await portStranger({ ...question, port })).toBeUndefined()
})
