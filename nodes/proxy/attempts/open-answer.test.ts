import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-connect.ts'
import { StreamReader, WholeReader } from './answer-reader.ts'
import { openAnswer } from './open-answer.ts'
import { openAttempt } from './test-attempt.ts'

const chat = { body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] } }
const streamed = { body: { ...chat.body, stream: true } }
const picture = { path: '/v1/images/generations', body: { model: 'm', prompt: 'a cat' } }
const speech = { path: '/v1/audio/speech', body: { model: 'm', input: 'hi', voice: 'alloy' } }
const bedrock = {
  ...streamed,
  target: testTarget({ kind: 'bedrock', region: 'us-east-1' }, { model: 'amazon.nova-lite-v1:0' }),
}

const [whole, stream, none] = [WholeReader, StreamReader, undefined]

test.each([
  { name: 'a whole answer is JSON', asked: chat, type: 'application/json; charset=utf-8', reader: whole },
  { name: 'a type has no case', asked: chat, type: 'Application/JSON; charset=UTF-8', reader: whole },
  { name: 'the type of a stream has none', asked: streamed, type: 'Text/Event-Stream;Charset=utf-8', reader: stream },
  { name: 'the type of media has none', asked: picture, type: 'APPLICATION/JSON', reader: whole },
  { name: 'a page is no answer', asked: chat, type: 'text/html', reader: none },
  { name: 'an answer without a type is none', asked: chat, type: '', reader: none },
  { name: 'nobody asked for a stream', asked: chat, type: 'text/event-stream', reader: none },
  { name: 'a stream is events', asked: streamed, type: 'text/event-stream', reader: stream },
  { name: 'a stream was asked for', asked: streamed, type: 'application/json', reader: none },
  {
    name: 'a stream has the type of its dialect',
    asked: bedrock,
    type: 'application/vnd.amazon.eventstream',
    reader: stream,
  },
  { name: 'and no other', asked: bedrock, type: 'text/event-stream', reader: none },
  { name: 'media say themselves what they are: JSON', asked: picture, type: 'application/json', reader: whole },
  { name: 'media say themselves what they are: events', asked: picture, type: 'text/event-stream', reader: stream },
  { name: 'media say themselves what they are: bytes', asked: speech, type: 'audio/mpeg', reader: stream },
])('$name', ({ asked, type, reader }) => {
  const { attempt } = openAttempt(asked)
  const opened = openAnswer(attempt, type)
  if (reader === undefined) expect(opened).toBeUndefined()
  else expect(opened).toBeInstanceOf(reader)
  expect(opened?.stream !== undefined).toBe(reader === StreamReader)
})

test('bytes without a type are told as bytes', () => {
  const opened = openAnswer(openAttempt(speech).attempt, '')
  expect(opened?.stream?.contentType).toBe('application/octet-stream')
})
