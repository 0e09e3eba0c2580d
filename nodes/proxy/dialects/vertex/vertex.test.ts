import { expect, test } from 'vitest'
import { geminiUpstream } from '../gemini/gemini.ts'
import { callingOnce, sentTo, valuesOf } from '../test-dialects.ts'
import { vertexGeminiUpstream } from './vertex.ts'

// `FunctionCall` and `FunctionResponse` have an `id` in the Gemini API, and none in Vertex AI's reference, which refuses it:
// "Unknown name "id" at 'contents[1].parts[0].function_call': Cannot find field."
test.each([
  ['Vertex AI without ids', vertexGeminiUpstream, [false, false]],
  ['the Gemini API with ids', geminiUpstream, [true, true]],
])('calls and results go to %s', (_host, upstream, has) => {
  for (const model of ['gemini-2.5-flash', 'gemini-3-pro-preview']) {
    const { body } = sentTo(upstream, { messages: callingOnce(['c1']) }, { model })
    const both = [...valuesOf(body, 'functionCall'), ...valuesOf(body, 'functionResponse')]
    expect(both.map((one) => 'id' in (one as object))).toEqual(has)
  }
})

test('results follow the order of their calls where there are no ids, even if the ids came again', () => {
  const { body } = sentTo(vertexGeminiUpstream, { messages: callingOnce(['c', 'c']) }, { model: 'gemini-2.5-pro' })
  expect(valuesOf(body, 'output')).toEqual(['c', 'c'])
})
