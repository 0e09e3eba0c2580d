// The control port as the network sees it: who may speak to it from where, and what every answer carries.
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminToken, ask, type StartedControl, startedControl } from '../testing/started-control.ts'

let control: StartedControl
beforeAll(async () => {
  control = await startedControl({ variables: { HEADGATE_HOSTS: 'gate.example.com' } })
})
afterAll(() => control.remove())

interface Raw {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** Sends the path and the headers as they are, `Host` and duplicates included. */
function raw(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: '127.0.0.1', port: control.node.port, path, method, headers, agent: false },
      (got) => {
        let body = ''
        got.setEncoding('utf8').on('data', (chunk) => {
          body += chunk
        })
        got.on('end', () => resolve({ status: got.statusCode ?? 0, headers: got.headers, body }))
      },
    )
    sent.on('error', reject).end()
  })
}

/** Everything that comes back for bytes that no client would send. */
function bytes(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(control.node.port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let got = ''
    socket.setEncoding('latin1').on('data', (chunk) => {
      got += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(got))
    socket.setTimeout(2_000, () => socket.destroy())
  })
}

const authorization = `Bearer ${adminToken}`

describe('host', () => {
  test.each(['localhost', '127.0.0.1:1', '[::1]:80', 'gate.example.com', 'GATE.example.com:443'])(
    '%s is served',
    async (host) => {
      expect((await raw('/livez', { host })).status).toBe(200)
    },
  )

  test.each(['a@b', 'a/b', 'localhost:99999', '*'])('%j is 400: it is no host', async (host) => {
    expect((await raw('/api/v1/config', { host, authorization })).status).toBe(400)
  })

  test.each(['evil.com', 'gate.example.com.evil.com', 'localhost.'])(
    '%j is 421, whatever the credential',
    async (host) => {
      const told = await raw('/api/v1/config', { host, authorization })
      expect([told.status, JSON.parse(told.body).type]).toEqual([421, 'urn:headgate:problem:unknown-host'])
    },
  )

  test('two Host headers, or none, are refused', async () => {
    expect(await bytes('GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n\r\n')).toMatch(/^HTTP\/1.1 400/)
    expect(await bytes('GET /livez HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1.1 400/)
  })
})

describe('origin', () => {
  test.each(['null', 'https://evil.com', 'http://localhost:1', 'http://127.0.0.1'])(
    'a page of %s is refused and told nothing by CORS',
    async (origin) => {
      const told = await raw('/api/v1/config', { origin, authorization })
      expect(told.status).toBe(403)
      expect(Object.keys(told.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    },
  )

  test('a preflight from anywhere is refused', async () => {
    const headers = { origin: 'https://evil.com', 'access-control-request-method': 'PUT' }
    expect((await raw('/api/v1/teams/a', headers, 'OPTIONS')).status).toBe(403)
  })

  test('our own pages are served', async () => {
    const host = `localhost:${control.node.port}`
    expect((await raw('/api/v1/config', { host, origin: `http://${host}`, authorization })).status).toBe(200)
  })
})

describe('paths', () => {
  const spellings = [
    'config',
    'CONFIG',
    'config/',
    'config//',
    'config;x',
    'config%00',
    'config%2f',
    'config%20',
    'conf%69g',
    'config.json',
  ]
  const prefixes = [
    '/api/v1/',
    '/API/v1/',
    '//api/v1/',
    '/api//v1/',
    '/./api/v1/',
    '/x/../api/v1/',
    '/api/v1/%2e%2e/v1/',
    '/%61pi/v1/',
    '/sign-in/../api/v1/',
    '/livez/../api/v1/',
  ]
  const hosts = ['localhost', '127.0.0.1', 'gate.example.com', '[::1]', 'evil.com']

  test('no spelling of a path or host reaches the configuration without a credential', async () => {
    const variants = hosts.flatMap((host) =>
      prefixes.flatMap((prefix) => spellings.map((name) => ({ host, path: prefix + name }))),
    )
    expect(variants).toHaveLength(500)
    for (const { host, path } of variants) {
      const told = await raw(path, { host })
      expect([path, host, told.status]).toEqual([path, host, expect.toSatisfy((status: number) => status >= 400)])
    }
  })

  test.each([
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/../../package.json',
    '/..%2f..%2fpackage.json',
    '/assets/%00.js',
    '/\\..\\x',
    '/%ff',
  ])('%s leads to no file', async (path) => expect((await raw(path, { accept: 'text/html' })).status).toBe(404))

  test('an unknown path is a 404 as JSON also for a browser, below /api', async () => {
    const told = await raw('/api/v1/nope', { accept: 'text/html' })
    expect([told.status, told.headers['content-type']]).toEqual([404, 'application/problem+json'])
  })

  test('HEAD has the headers of GET and no body', async () => {
    const [head, get] = [await raw('/livez', {}, 'HEAD'), await raw('/livez')]
    expect([head.status, head.headers['content-length'], head.body]).toEqual([200, get.headers['content-length'], ''])
  })
})

describe('every answer', () => {
  test.each(['/', '/livez', '/api/v1/config', '/nope', '/sign-in?token=x', '/openapi.json'])(
    '%s forbids framing, sniffing and inline scripts, and has a request id',
    async (path) => {
      const { headers } = await raw(path, { 'x-request-id': 'mine-1' })
      expect(headers['x-request-id']).toBe('mine-1')
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect(headers['content-security-policy']).not.toMatch(/unsafe/)
    },
  )

  test('a request id that could break a log line or a header is replaced', async () => {
    expect((await raw('/livez', { 'x-request-id': 'a b"{}' })).headers['x-request-id']).toMatch(/^req_/)
  })

  test('no page of ours has an inline script or style', async () => {
    for (const path of ['/', '/sign-in', '/sign-in?token=x']) {
      const { body } = await raw(path)
      expect(body).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:/i)
    }
  })
})

describe('broken HTTP', () => {
  test.each([
    [
      'two lengths that differ',
      'POST /api/v1/apply HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
    [
      'a length and chunks',
      'POST /api/v1/apply HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a NUL in a header', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n'],
    ['an absolute target', 'GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
    ['garbage', 'hello\r\n\r\n'],
  ])('%s is 400, and the connection is closed', async (_, text) => {
    expect(await bytes(text)).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('headers of 20 KB are 431', async () => {
    expect(await bytes(`GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
  })

  test('a body without a declared length is cut at the limit with 413', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization, 'content-type': 'application/yaml', 'transfer-encoding': 'chunked' }
      const where = { host: '127.0.0.1', port: control.node.port, path: '/api/v1/apply', agent: false }
      const sent = httpRequest({ ...where, method: 'POST', headers }, (got) => {
        resolve(got.statusCode)
        sent.destroy()
      })
      sent.on('error', reject)
      sent.write('# '.repeat(2 << 20))
      sent.write('more')
    })
    expect(status).toBe(413)
  })

  test('a body that is not read is not taken for the next request', async () => {
    const smuggled = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const got = await bytes(
      `POST /api/v1/apply HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    )
    expect(got.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(got).toMatch(/^HTTP\/1\.1 401 /)
  })
})

test('the public documents are for everybody', async () => {
  expect((await ask(`${control.url}/openapi.json`, 'GET')).json.openapi).toBe('3.1.0')
  expect((await ask(`${control.url}/headgate.schema.json`, 'GET')).json.title).toBe('headgate.yaml')
})
