// Which endpoint of OpenAI a translated request goes to, where a model refuses tools and reasoning in chat completions.
import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-target.ts'
import { askSample, jsonTranslators } from './test-translators.ts'

const tools = [{ name: 'f', input_schema: { type: 'object', properties: {} } }]
const thinking = { type: 'enabled', budget_tokens: 2_000 }
const openai = { baseUrl: 'https://api.openai.com/v1' }
const azure = { kind: 'azure', baseUrl: 'https://x.openai.azure.com' } as const

function pathOf(options: object, body: object) {
  const messages = [{ role: 'user', content: 'hi' }]
  const sample = askSample({ path: '/v1/messages', body: { model: 'm', max_tokens: 9_000, messages, ...body } })
  const chosen = jsonTranslators(sample).to(testTarget(options), false)
  if (!chosen.ok) throw new Error(JSON.stringify(chosen.error))
  return { path: chosen.value.path, body: JSON.parse(Buffer.concat(chosen.value.body).toString()) }
}

test.each<[string, object, object]>([
  ['gpt-5.4', openai, { tools, thinking }],
  ['gpt-5.6-terra', openai, { tools }],
  ['gpt-5.4', azure, { tools, thinking }],
])('%s at %j is told %j over the Responses API', (model, server, asked) => {
  const { path, body } = pathOf({ ...server, model }, asked)
  expect(path).toMatch(/\/responses($|\?)/)
  expect(body.tools).toMatchObject([{ type: 'function', name: 'f' }])
})

test.each<[string, object, object]>([
  ['gpt-5.4', openai, { thinking }],
  ['gpt-5.4', openai, { tools, thinking: { type: 'disabled' } }],
  ['gpt-5.2', openai, { tools, thinking }],
  ['gpt-4o', openai, { tools }],
  ['gpt-5.4', { baseUrl: 'https://openrouter.ai/api/v1' }, { tools, thinking }],
])('%s at %j is told %j over chat completions', (model, server, asked) => {
  expect(pathOf({ ...server, model }, asked).path).toMatch(/\/chat\/completions($|\?)/)
})
