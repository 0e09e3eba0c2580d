// TLS on both ports of a gateway, and to its upstreams.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as requestTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../loadtest/mock-upstream/certificates.ts'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { adminToken, type Gateway, startGateway } from './gateway.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { until } from './until.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) process.stderr.write('skipped: TLS, as openssl is not on this machine\n')

describe.skipIf(!hasOpenssl)('TLS', () => {
  let mock: MockUpstream
  let folder: string
  let secure: Gateway
  let ca: string

  beforeAll(async () => {
    mock = await startMockUpstream({ tls: true })
    folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'))
    const { authorityFile, certificateFile, keyFile } = makeCertificates(folder)
    ca = readFileSync(authorityFile, 'utf8')
    secure = await startGateway({
      scheme: 'https',
      environment: { HEADGATE_TLS_CERT: certificateFile, HEADGATE_TLS_KEY: keyFile },
      config: {
        providers: {
          trusted: { ...providerAt(mock.tlsUrl!), tls: { ca: mock.authority!.pem } },
          stranger: providerAt(mock.tlsUrl!),
        },
        models: { trusted: modelOn('trusted', 'gpt-x'), stranger: modelOn('stranger', 'gpt-x') },
      },
    })
    await until(async () => (await askTls(`${secure.base}/readyz`, {}).catch(() => undefined))?.status === 200, 30_000)
  })
  afterAll(async () => {
    await secure?.stop()
    await mock?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  function askTls(
    url: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<{ status: number; text: string; security: string }> {
    return new Promise((resolve, reject) => {
      const type = { 'content-type': 'application/json' }
      const asked = requestTls(
        url,
        { ca, headers: { ...headers, ...type }, method: body ? 'POST' : 'GET' },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (part: string) => {
            text += part
          })
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              text,
              security: String(answer.headers['strict-transport-security']),
            }),
          )
        },
      )
      asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  test('is spoken on both ports and to the upstream', async () => {
    const bearer = { authorization: `Bearer ${adminToken}` }
    const issued = await askTls(`${secure.control}/api/v1/keys`, bearer, { name: 'over-tls' })
    expect(issued.status).toBe(201)
    const key = { authorization: `Bearer ${JSON.parse(issued.text).secret}` }
    const body = { messages: [{ role: 'user', content: 'hi' }] }
    const path = `${secure.base}/v1/chat/completions`
    const unary = await askTls(path, key, { ...body, model: 'trusted' })
    expect([unary.status, JSON.parse(unary.text).object]).toEqual([200, 'chat.completion'])
    const stream = await askTls(path, key, { ...body, model: 'trusted', stream: true })
    expect(stream.text.endsWith('data: [DONE]\n\n')).toBe(true)
    const unverified = await askTls(path, key, { ...body, model: 'stranger' })
    expect([unverified.status, JSON.parse(unverified.text).error.code]).toEqual([502, 'upstream_tls'])
  })

  test('is asked for again by both ports, in answers and in errors', async () => {
    for (const url of [
      `${secure.base}/livez`,
      `${secure.base}/nope`,
      `${secure.control}/livez`,
      `${secure.control}/api/v1/nope`,
    ]) {
      expect((await askTls(url, {})).security).toBe('max-age=31536000')
    }
  })

  test.each(['AES128-GCM-SHA256', 'AES256-SHA', 'DHE-RSA-AES128-GCM-SHA256'])(
    '%s is spoken on no port',
    async (cipher) => {
      for (const port of [secure.port, secure.controlPort]) {
        const options = {
          port,
          host: '127.0.0.1',
          ca,
          servername: 'localhost',
          maxVersion: 'TLSv1.2',
          ciphers: `${cipher}@SECLEVEL=0`,
        } as const
        await expect(
          new Promise((resolve, reject) => {
            const socket = connectTls(options, () => socket.destroy(resolve('spoken') as undefined)).on('error', reject)
          }),
        ).rejects.toThrow(/alert|handshake|closed|reset/i)
      }
    },
  )

  test('is the only thing spoken there', async () => {
    for (const port of [secure.port, secure.controlPort]) {
      await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow()
    }
    expect(secure.output()).toContain(`https://127.0.0.1:${secure.port}/v1`)
  })
})
