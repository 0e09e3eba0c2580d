import { expect, test } from 'vitest'
import { checkBody, checkFraming, declaredLength, type FramingRules } from './framing-rules.ts'
import type { FramingFacts } from './head.ts'

const rules: FramingRules = { hosts: [], behindProxy: false, bodyBytesMax: 1_000, mediaTypes: ['application/json'] }

function post(changes: Partial<FramingFacts> = {}): FramingFacts {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    hostCount: 1,
    host: 'gate.example',
    contentLengthCount: 1,
    contentLength: '10',
    transferEncodingCount: 0,
    transferEncoding: '',
    authorizationCount: 1,
    apiKeyCount: 0,
    contentTypeCount: 1,
    contentType: 'application/json',
    contentEncoding: '',
    expect: '',
    controlCharacter: false,
    ...changes,
  }
}

const chunked = { contentLengthCount: 0, contentLength: '', transferEncodingCount: 1, transferEncoding: 'chunked' }

test('a sound request passes', () => {
  expect(checkFraming(post(), rules)).toBeUndefined()
  expect(checkFraming(post(chunked), rules)).toBeUndefined()
  expect(checkBody(post(), rules)).toBeUndefined()
  expect(declaredLength(post())).toBe(10)
})

test.each<[string, Partial<FramingFacts>]>([
  ['no host', { hostCount: 0, host: '' }],
  ['an empty host', { host: '' }],
  ['two hosts', { hostCount: 2 }],
  ...[
    'a,b',
    'a b',
    'a@gate.example',
    'gate.example/x',
    'gate.example:99999',
    'gate.example:',
    '[::1',
    '::1',
    'a\xffb',
  ].map((value): [string, Partial<FramingFacts>] => [`the host "${value}"`, { host: value }]),
  ['two lengths', { contentLengthCount: 2 }],
  ['a length and an encoding', { transferEncodingCount: 1, transferEncoding: 'chunked' }],
  ['an encoding twice', { ...chunked, transferEncodingCount: 2 }],
  ...['xchunked', 'Chunked', 'gzip, chunked', 'chunked, identity', 'chunked ', '\tchunked', 'chunked\v', ''].map(
    (value): [string, Partial<FramingFacts>] => [`the encoding "${value}"`, { ...chunked, transferEncoding: value }],
  ),
  ...['+5', '0x5', '5,5', '-1', '5_0', '', '1e3', '12345678901234567890', '5 ', '٣', '005'].map(
    (value): [string, Partial<FramingFacts>] => [`the length "${value}"`, { contentLength: value }],
  ),
  ['two authorization headers', { authorizationCount: 2 }],
  ['two x-api-key headers', { apiKeyCount: 2 }],
  ['a control character', { controlCharacter: true }],
])('%s is bad framing', (_name, changes) => {
  expect(checkFraming(post(changes), rules)?.type).toBe('bad-framing')
})

test('a length behind a proxy has to be declared', () => {
  expect(checkFraming(post(chunked), { ...rules, behindProxy: true })).toEqual({ type: 'length-required' })
  expect(checkFraming(post({ contentLengthCount: 0 }), rules)).toEqual({ type: 'length-required' })
  expect(checkFraming(post({ method: 'GET', contentLengthCount: 0 }), rules)).toBeUndefined()
})

test('only one expectation is known', () => {
  expect(checkFraming(post({ expect: '100-Continue' }), rules)).toBeUndefined()
  expect(checkFraming(post({ expect: '200-maybe' }), rules)).toEqual({ type: 'expectation-failed' })
})

test.each([
  ['gate.example', true],
  ['GATE.example:8080', true],
  ['[::1]:8080', true],
  ['evil.com', false],
  ['gate.example.evil.com', false],
  ['gate.example.', false],
])('of the hosts that are configured, %s is known: %s', (host, known) => {
  const error = checkFraming(post({ host }), { ...rules, hosts: ['gate.example', '[::1]'] })
  expect(error).toEqual(known ? undefined : { type: 'unknown-host' })
})

test.each<[string, Partial<FramingFacts>, string | undefined]>([
  ['JSON with a charset', { contentType: 'Application/JSON; charset=utf-8' }, undefined],
  ['text', { contentType: 'text/plain' }, 'unsupported-media-type'],
  ['no type', { contentTypeCount: 0, contentType: undefined }, 'unsupported-media-type'],
  ['two types', { contentTypeCount: 2 }, 'bad-content-type'],
  ['gzip', { contentEncoding: 'gzip' }, 'unsupported-encoding'],
  ['identity', { contentEncoding: 'identity' }, undefined],
  ['a body over the limit', { contentLength: '1001' }, 'body-too-large'],
  ['a body at the limit', { contentLength: '1000' }, undefined],
  [
    'a GET without body or type',
    { method: 'GET', contentLengthCount: 0, contentTypeCount: 0, contentType: undefined },
    undefined,
  ],
])('a body is judged by its head: %s', (_name, changes, type) => {
  expect(checkBody(post(changes), rules)?.type).toBe(type)
})

test('a path may take other media types, and only that path', () => {
  const forms = { ...rules, mediaTypesAt: (path: string) => (path === '/form' ? ['multipart/form-data'] : undefined) }
  const contentType = 'multipart/form-data; boundary=x'
  expect(checkBody(post({ path: '/form', contentType }), forms)).toBeUndefined()
  expect(checkBody(post({ contentType }), forms)).toMatchObject({
    type: 'unsupported-media-type',
    message: expect.stringContaining('json'),
  })
  const text = checkBody(post({ path: '/form', contentType: 'text/plain' }), forms)
  expect(text).toMatchObject({ type: 'unsupported-media-type', message: expect.stringContaining('multipart') })
})
