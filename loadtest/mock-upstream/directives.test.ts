import { expect, test } from 'vitest'
import { parseDirectives, plainDirectives } from './directives.ts'

test('items change only what they name', () => {
  expect(parseDirectives('sse.chunks-100.pace-10')).toEqual({
    ok: true,
    value: { ...plainDirectives, sse: true, chunks: 100, paceMs: 10 },
  })
})

test('no items at all is a plain answer', () => {
  expect(parseDirectives('')).toEqual({ ok: true, value: plainDirectives })
})

test.each(['chunk-10', 'chunks', 'chunks-x', 'pace-1-x', 'toString', 'hang-1'])('%s is named as unknown', (item) => {
  expect(parseDirectives(`sse.${item}`)).toEqual({ ok: false, error: item })
})
