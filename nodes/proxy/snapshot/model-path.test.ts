import { expect, test } from 'vitest'
import { isModelPath } from './model-path.ts'

test.each([
  'gpt-4o',
  'up/llama3.2:latest',
  'cf/@cf/meta/llama-3',
  'ft:gpt-4o:acme',
  'arn:aws:bedrock:us-east-1:1:p/x',
  'a+b@1',
])('%s may be sent', (name) => expect(isModelPath(name)).toBe(true))

test.each([
  ...[
    '',
    'up/',
    'up//x',
    '/x',
    'up/x/',
    'up/../x',
    '..',
    'up/a?key=b',
    'up/a#b',
    'up/%2e%2e',
    'up/a b',
    'up/\u00e9',
    'up/a\r\nb: c',
  ],
  'a'.repeat(201),
])('%j becomes no part of a path', (name) => expect(isModelPath(name)).toBe(false))
