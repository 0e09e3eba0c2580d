import { describe, expect, test } from 'vitest'
import { baseUrlProblem, egressProblem } from './egress.ts'

test.each(['https://api.openai.com/v1', 'http://10.0.0.5:8000/v1', 'http://[::1]:11434/v1', 'https://host/a@b'])(
  'a base URL may be %s',
  (url) => expect(baseUrlProblem(url)).toBeUndefined(),
)

test.each([
  ['', 'expected an http'],
  ['api.openai.com', 'expected an http'],
  ['file:///etc/passwd', 'expected an http'],
  ['gopher://x', 'expected an http'],
  ['http://', 'not a URL'],
  ['http://a b/', 'not a URL'],
  ['http://a\\@b/', 'not a URL'],
  ['http://host:99999/', 'not a URL'],
  ['https://user:secret@host/v1', 'no user'],
  ['https://@host/v1', 'no user'],
  ['http://host:22/v1', 'port 22'],
  ['http://host:6379', 'port 6379'],
  ['https://host/v1?key=x', 'no query'],
  ['https://host/v1#x', 'no query'],
])('a base URL may not be %s', (url, problem) => {
  expect(baseUrlProblem(url)).toContain(problem)
})

describe('under strict egress', () => {
  const strict = { strict: true, allowPrivate: false }
  test.each([
    'https://127.0.0.1/',
    'https://localhost/',
    'https://localhost./',
    'https://a.localhost/',
    'https://printer.local/',
    'https://box/',
    'https://10.1.2.3/',
    'https://172.31.0.1/',
    'https://192.168.0.1/',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[fd12::1]/',
    'https://[fe80::1]/',
    'http://api.openai.com/',
  ])('%s needs allowPrivate', (url) => {
    expect(egressProblem(url, strict)).toMatch(/allowPrivate/)
    expect(egressProblem(url, { ...strict, allowPrivate: true })).toBeUndefined()
    expect(egressProblem(url, { ...strict, strict: false })).toBeUndefined()
  })

  test.each(['https://api.openai.com/v1', 'https://8.8.8.8/', 'https://[2606:4700::1]/', 'https://172.32.0.1/'])(
    '%s is let through',
    (url) => expect(egressProblem(url, strict)).toBeUndefined(),
  )
})

test.each([
  'http://169.254.169.254/latest',
  'http://[::ffff:169.254.169.254]/',
  'http://2852039166/',
  'http://[fd00:ec2::254]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[fd20:ce::254]/',
  'http://168.63.129.16/',
  'http://0xa83f8110/',
  'http://192.0.0.192/',
  'http://[2002:a9fe:a9fe::1]/',
  'http://instance-data/',
  'http://metadata.google.internal/',
  'http://METADATA.google.internal./',
])('a metadata service at %s needs allowPrivate under open egress too', (url) => {
  expect(egressProblem(url, { strict: false, allowPrivate: false })).toMatch(/metadata/)
  expect(egressProblem(url, { strict: false, allowPrivate: true })).toBeUndefined()
})
