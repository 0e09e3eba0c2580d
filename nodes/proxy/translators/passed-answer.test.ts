import { expect, test } from 'vitest'
import { operationNamed } from '../operations/named-operation.ts'
import { passedAnswer } from './passed-answer.ts'

const usage = { prompt_tokens: 3, completion_tokens: 2 }
const choices = [{ message: { role: 'assistant', content: 'four' } }]

test.each<[string, string, object, object | undefined]>([
  [
    'usage',
    '/v1/chat/completions',
    { choices, usage },
    { usage: { input: 3, output: 2 }, textBytes: 0, units: undefined },
  ],
  ['text where no usage is reported', '/v1/chat/completions', { choices }, { usage: undefined, textBytes: 4 }],
  [
    'units',
    '/v1/audio/transcriptions',
    { text: 'four', duration: 2 },
    { textBytes: 0, units: { unit: 'seconds', amount: 2 } },
  ],
  ['nothing where it is no answer', '/v1/chat/completions', { error: { message: 'm' } }, undefined],
])('told is %s', (_, operation, answer, told) => {
  const found = passedAnswer(operationNamed(operation), Buffer.from(JSON.stringify(answer)), undefined)
  if (told === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject(told)
})
