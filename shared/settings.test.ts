import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseSettings } from './settings.ts'
import { judgeVariables, settingNames } from './variable-names.ts'

const files: Record<string, string> = { '/etc/nats.creds': 'creds', '/etc/ca.pem': 'pem' }

const masterKey = Buffer.alloc(32, 7).toString('base64')

function settings(environment: Record<string, string>) {
  const parsed = parseSettings({ HEADGATE_MASTER_KEY: masterKey, ...environment }, (path) => {
    const text = files[path]
    if (text === undefined) throw new Error('no such file')
    return text
  })
  return parsed.ok ? parsed.value : parsed.error.map(({ name, message }) => `${name}: ${message}`)
}

test('without HEADGATE_NATS_URL everything is embedded', () => {
  expect(settings({})).toMatchObject({ nats: undefined })
})

test('servers of this machine need no credentials', () => {
  const servers = ['nats://127.0.0.1:4222', 'localhost:4223', 'nats://[::1]:4224']
  expect(settings({ HEADGATE_NATS_URL: servers.join(', ') })).toMatchObject({
    nats: { servers, credsFile: undefined, caFile: undefined },
  })
})

test('servers elsewhere need credentials, and the refusal names the variable', () => {
  const elsewhere = { HEADGATE_NATS_URL: 'nats://127.0.0.1:4222,tls://nats.example:4222' }
  expect(settings(elsewhere)).toEqual([expect.stringMatching(/^HEADGATE_NATS_URL: nats.example is not loopback/)])
  expect(settings({ ...elsewhere, HEADGATE_NATS_CREDS: '/etc/nats.creds' })).toMatchObject({
    nats: { credsFile: '/etc/nats.creds' },
  })
})

test.each(['http://127.0.0.1:4222', 'nats://', 'nats://a/b', 'nats://a:port'])('%s is no server', (url) => {
  expect(settings({ HEADGATE_NATS_URL: url })).toEqual([expect.stringMatching(/^HEADGATE_NATS_URL: expected/)])
})

test('credentials and authorities that cannot be read or have no server are refused by name', () => {
  expect(settings({ HEADGATE_NATS_URL: 'localhost', HEADGATE_NATS_CREDS: '/nowhere' })).toEqual([
    'HEADGATE_NATS_CREDS: names a file that cannot be read',
  ])
  expect(settings({ HEADGATE_NATS_CA_FILE: '/etc/ca.pem' })).toEqual([
    'HEADGATE_NATS_CA: needs HEADGATE_NATS_URL beside it',
  ])
})

test('a message never shows the value of a secret', () => {
  for (const url of ['nats://me:hidden@[', 'nats://me:hidden@localhost']) {
    expect(settings({ HEADGATE_NATS_URL: url })).toEqual([expect.not.stringContaining('hidden')])
  }
  const inPlaceOfAFile = { HEADGATE_NATS_URL: 'localhost', HEADGATE_NATS_CREDS: 'hidden' }
  expect(settings(inPlaceOfAFile)).toEqual([expect.not.stringContaining('hidden')])
})

test('previous master keys are a list, in the variable or line by line in a file', () => {
  const others = [8, 9].map((byte) => Buffer.alloc(32, byte))
  const texts = others.map((key) => key.toString('base64'))
  files['/etc/previous'] = `${texts.join('\n')}\n`
  const expected = { previousMasterKeys: others.map((key) => new Uint8Array(key)) }
  expect(settings({ HEADGATE_MASTER_KEY_PREVIOUS: texts.join(',') })).toMatchObject(expected)
  expect(settings({ HEADGATE_MASTER_KEY_PREVIOUS_FILE: '/etc/previous' })).toMatchObject(expected)
  expect(settings({})).toMatchObject({ previousMasterKeys: [] })
  expect(settings({ HEADGATE_MASTER_KEY_PREVIOUS: `${texts[0]},hidden` })).toEqual([
    'HEADGATE_MASTER_KEY_PREVIOUS: expected keys of 32 bytes in base64, separated by commas',
  ])
})

test('the nodes of a cluster share a master key that somebody gave them', () => {
  const lacking = { HEADGATE_NATS_URL: 'localhost', HEADGATE_MASTER_KEY: '' }
  expect(settings(lacking)).toEqual([expect.stringMatching(/^HEADGATE_MASTER_KEY: is needed/)])
  expect(settings({ ...lacking, HEADGATE_MASTER_KEY: 'short' })).toEqual([
    'HEADGATE_MASTER_KEY: expected 32 bytes in base64',
  ])
})

test('origins are those of browsers, or any', () => {
  const origins = ['https://app.example.com', 'http://localhost:5173', 'chrome-extension://abcdef']
  expect(settings({ HEADGATE_CORS_ORIGINS: origins.join(', ') })).toMatchObject({ corsOrigins: origins })
  expect(settings({ HEADGATE_CORS_ORIGINS: '*' })).toMatchObject({ corsOrigins: ['*'] })
  expect(settings({})).toMatchObject({ corsOrigins: undefined })
})

test.each(['app.example.com', 'https://app.example.com/', 'https://App.example.com', 'https://a.example:443', 'null'])(
  '%s is no origin',
  (origin) => {
    expect(settings({ HEADGATE_CORS_ORIGINS: origin })).toEqual([
      expect.stringMatching(/^HEADGATE_CORS_ORIGINS: .+ is no origin: expected scheme:/),
    ])
  },
)

test('the variables of the README are those that are read', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = readme.split('\n').filter((line) => line.startsWith('| `HEADGATE_'))
  const documented = rows.flatMap((line) => line.split(' | ')[0]?.match(/HEADGATE_[A-Z_]+/g) ?? [])
  expect(documented.toSorted()).toEqual([...settingNames].toSorted())
})

test('no known name, nor its file, is taken for a mistake', () => {
  const environment = Object.fromEntries(
    settingNames.flatMap((name) => [name, `${name}_FILE`]).map((name) => [name, 'x']),
  )
  expect(judgeVariables(environment)).toEqual({ mistyped: [], unknown: [] })
})

test('the variable of a file may also be the path itself', () => {
  expect(settings({ HEADGATE_CONFIG_FILE: '/etc/headgate.yaml' })).toMatchObject({ configFile: '/etc/headgate.yaml' })
})

test('a token that is short or common is refused, and so is a blank one', () => {
  for (const name of ['HEADGATE_ADMIN_TOKEN', 'HEADGATE_METRICS_TOKEN']) {
    for (const weak of ['short', 'changeme', 'changemechangeme', 'headgate-headgate-headgate', '   ']) {
      expect(settings({ [name]: weak })).toEqual([expect.stringMatching(new RegExp(`^${name}: .*16 characters`))])
    }
    expect(settings({ [name]: 'k2J9-vv41-qqXw-7710' })).toMatchObject({})
  }
})

test('an address that others reach needs TLS, or the word that somebody else has it', () => {
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'gateway.example']) {
    expect(settings({ HEADGATE_HOST: host })).toEqual([expect.stringMatching(/^HEADGATE_HOST: .*not loopback/)])
    expect(settings({ HEADGATE_HOST: host, HEADGATE_PLAINTEXT: 'allow' })).toMatchObject({ host })
    expect(settings({ HEADGATE_HOST: host, HEADGATE_TLS_CERT: 'c', HEADGATE_TLS_KEY: 'k' })).toMatchObject({ host })
  }
})
