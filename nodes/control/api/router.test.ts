import { expect, test } from 'vitest'
import { Router } from './router.ts'

const route = {
  method: 'GET',
  path: '/api/v1/models/{name*}',
  summary: '',
  access: 'anyone',
  answers: {},
  handle: () => ({ status: 200, headers: {}, body: '' }),
} as const

function detailAt(path: string): string | undefined {
  const found = new Router([route], 8080).find('GET', path)
  return found.ok ? 'served' : found.error.detail
}

test.each([
  '/v1/chat/completions',
  '/v1/messages',
  '/v1beta/models/m:generateContent',
  '/openai/v1/responses',
  '/v1/models',
])('%s is told of the data port', (path) => {
  expect(detailAt(path)).toBe(
    'There is no such path. This is the control port: models are called at the data port (HEADGATE_PORT, 8080).',
  )
})

test('other paths are told the nearest one', () => {
  expect(detailAt('/api/v1/model/fast')).toContain('The nearest is /api/v1/models')
  expect(detailAt('/api/v1/models/fast')).toBe('served')
})
