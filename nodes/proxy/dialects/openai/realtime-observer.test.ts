import { expect, test } from 'vitest'
import { observeRealtime } from './realtime-observer.ts'

const see = (event: unknown) => observeRealtime(Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)))

test('a response begins, says something, and ends with what it used', () => {
  expect(see({ type: 'response.created', response: {} })).toEqual({ type: 'began' })
  expect(see({ type: 'response.output_audio.delta', delta: 'aGk=' })).toEqual({ type: 'token' })
  const usage = {
    input_tokens: 20,
    output_tokens: 9,
    input_token_details: { cached_tokens: 4, audio_tokens: 0 },
    output_token_details: { audio_tokens: 0 },
  }
  expect(see({ event_id: 'e', response: { status: 'completed', usage }, type: 'response.done' })).toMatchObject({
    type: 'ended',
    failed: false,
    used: { usage: { input: 20, output: 9, cached: 4 }, isMixed: false, measure: undefined },
  })
})

test.each([
  [{ input_token_details: { audio_tokens: 3 } }, true],
  [{ output_token_details: { audio_tokens: 3 } }, true],
  [{ input_token_details: { image_tokens: 3 } }, true],
  [{ input_token_details: { text_tokens: 3, audio_tokens: 0 } }, false],
])('of %j it is told whether there is more than text: %s', (details, isMixed) => {
  const usage = { input_tokens: 5, output_tokens: 5, ...details }
  expect(see({ type: 'response.done', response: { usage } })).toMatchObject({ used: { isMixed } })
})

test.each<[string, unknown]>([
  ['what only speaks of a response', { type: 'response.output_text.done', text: '{"type":"response.done"}' }],
  ['no JSON', 'response.done'],
  ['a list', '["response.done"]'],
  ['nothing', ''],
])('%s changes nothing', (_, event) => {
  expect(see(event)).toBeUndefined()
})

test.each([
  [
    { type: 'duration', seconds: 3.5 },
    { measure: { unit: 'seconds', amount: 3.5 }, usage: undefined },
  ],
  [{ type: 'tokens', input_tokens: 7, output_tokens: 2 }, { usage: { input: 7, output: 2 } }],
  [
    { input_tokens: -7, output_tokens: 'many' },
    { usage: undefined, measure: undefined },
  ],
  [undefined, { usage: undefined, measure: undefined }],
])('a transcript with the usage %j is read', (usage, used) => {
  const event = { type: 'conversation.item.input_audio_transcription.completed', transcript: 'hi', usage }
  expect(see(event)).toMatchObject({ type: 'transcribed', used })
})
