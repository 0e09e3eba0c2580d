// A call that Gemini signed, in a chat stream: clients read a call's first fragment for its signature, and some validate that every
// fragment has a function.
import { expect, test } from 'vitest'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { factsFor, printedNothing } from '../test-dialects.ts'
import { geminiUpstream } from './gemini.ts'

interface Fragment {
  readonly index: number
  readonly id?: string
  readonly function?: { readonly name?: string; readonly arguments: string }
  readonly extra_content?: object
}

function fragmentsOf(chunks: readonly object[]): Fragment[] {
  const parser = geminiUpstream.openParser(printedNothing)
  const printer = openAiChatInbound.openPrinter(factsFor(openAiChatInbound))
  let text = ''
  for (const parts of chunks) {
    const event = { candidates: [{ content: { role: 'model', parts }, index: 0 }], responseId: 'r' }
    parser.push(Buffer.from(`data: ${JSON.stringify(event)}\n\n`), (one) => {
      text += printer.print(one)
    })
  }
  const events = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json = '']) => JSON.parse(json))
  return events.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
}

const call = (name: string, more: object = {}) => ({ functionCall: { name, args: { city: 'Paris' }, ...more } })
const signed = (data: string) => ({ google: { thought_signature: data } })

test('the first fragment of a signed call carries the signature, and the function', () => {
  const fragments = fragmentsOf([[{ ...call('weather'), thoughtSignature: 'c2ln' }, call('time')]])
  expect(fragments).toMatchObject([
    { index: 0, function: { name: 'weather', arguments: '' }, extra_content: signed('c2ln') },
    { index: 0, function: { arguments: '{"city":"Paris"}' } },
    { index: 1, function: { name: 'time', arguments: '' } },
    { index: 1, function: { arguments: '{"city":"Paris"}' } },
  ])
  expect(fragments.filter((fragment) => 'extra_content' in fragment)).toHaveLength(1)
})

test('a signature that comes after its call began stands in a fragment with a function, too', () => {
  const begun = { functionCall: { name: 'weather', willContinue: true } }
  const rest = { functionCall: { partialArgs: [{ jsonPath: '$.city', stringValue: 'Paris' }], willContinue: false } }
  const fragments = fragmentsOf([[begun], [{ ...rest, thoughtSignature: 'bGF0ZQ==' }]])
  for (const fragment of fragments) expect(fragment.function?.arguments).toBeTypeOf('string')
  expect(fragments.find((fragment) => 'extra_content' in fragment)).toMatchObject({
    extra_content: signed('bGF0ZQ=='),
  })
})
