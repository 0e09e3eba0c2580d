import { expect, test } from 'vitest'
import { estimateTokens } from './estimate.ts'
import type { ChatRequest, Message } from './request.ts'

function estimate(messages: readonly Message[]): number {
  const request: ChatRequest = {
    model: 'm',
    messages,
    tools: [],
    stream: false,
    parameters: {},
    dialect: 'anthropic',
    extras: {},
  }
  return estimateTokens(request)
}

test('four bytes of text are about a token', () => {
  expect(estimate([{ role: 'user', parts: [{ type: 'text', text: 'x'.repeat(4_000) }] }])).toBe(1_004)
})

test('a picture counts by what it is, not by the bytes it is written in', () => {
  const media = { from: 'bytes', base64: 'A'.repeat(4_000_000), mediaType: 'image/png' } as const
  expect(estimate([{ role: 'user', parts: [{ type: 'image', media }] }])).toBe(1_504)
})
