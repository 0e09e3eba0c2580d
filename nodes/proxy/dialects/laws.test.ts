// Laws that hold for every pair of an upstream dialect and a caller's dialect.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import {
  arbitraryAnswerOf,
  arbitraryChoice,
  arbitraryReasoning,
  arbitraryTextPart,
  arbitraryToolCall,
} from '../../../shared/chat/arbitrary-chat.ts'
import { assemble } from '../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import { explode } from '../../../shared/chat/explode.ts'
import type { AssistantPart, JsonObject } from '../../../shared/chat/parts.ts'
import type { InboundDialect, UpstreamDialect } from './dialect.ts'
import { chunked, dialects, factsFor, printedNothing } from './test-dialects.ts'

const arbitraryAnswer = arbitraryAnswerOf(
  arbitraryChoice(fc.oneof(arbitraryTextPart, arbitraryToolCall, arbitraryReasoning)).map((choice) => ({
    ...choice,
    parts: inOrder(choice.parts),
  })),
)

/** Chat completions keep no order of parts: reasoning, text, calls. Only seals tell reasoning parts apart. */
function inOrder(parts: readonly AssistantPart[]): AssistantPart[] {
  const thoughts = parts.filter((part) => part.type === 'reasoning')
  const sealed = thoughts.filter(({ signature }) => signature !== undefined)
  const open = thoughts.filter(({ signature }) => signature === undefined).slice(0, 1)
  const rest = ['text', 'tool-call'].flatMap((type) => parts.filter((part) => part.type === type))
  return [...sealed, ...open, ...rest]
}

function streamOf(inbound: InboundDialect, answer: ChatAnswer): Buffer {
  const printer = inbound.openPrinter({ ...factsFor(inbound), showUsage: true, estimatedInput: 0 })
  let text = ''
  explode(answer, (event) => {
    text += printer.print(event)
  })
  return Buffer.from(text)
}

function parsed(upstream: UpstreamDialect, chunks: readonly Buffer[]): ChatEvent[] {
  const parser = upstream.openParser(printedNothing)
  const events: ChatEvent[] = []
  const emit = (event: ChatEvent) => void events.push(event)
  for (const chunk of chunks) expect(parser.push(chunk, emit)).toBe('ok')
  parser.end(emit)
  return events
}

function whole(inbound: InboundDialect, upstream: UpstreamDialect, answer: ChatAnswer): ChatAnswer | undefined {
  return upstream.parseAnswer(JSON.parse(inbound.printAnswer(answer, factsFor(inbound))) as JsonObject, printedNothing)
}

/** Reads a stream as a caller of the dialect would. */
function assembled(upstream: UpstreamDialect, bytes: Buffer): ChatAnswer {
  const answer = assemble(parsed(upstream, [bytes]))
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}

/** Chat completions tell the id of reasoning behind its text, when a reader of the stream has begun the part. */
function withoutIds(answer: ChatAnswer): ChatAnswer {
  const choices = answer.choices.map((choice) => ({
    ...choice,
    parts: choice.parts.map((part) => (part.type === 'reasoning' ? { ...part, id: undefined } : part)),
  }))
  return { ...answer, choices }
}

const pairs = dialects.flatMap((up) => dialects.map((down) => [up.name, down.name, up, down] as const))

describe.each(pairs)('from an upstream that speaks %s to a caller who speaks %s', (_up, _down, up, down) => {
  test('a stream, assembled, says what the whole answer says', () => {
    fc.assert(
      fc.property(arbitraryAnswer, (answer) => {
        const read = whole(up.inbound, up.upstream, answer)!
        const unary = whole(down.inbound, down.upstream, read)
        const events = parsed(up.upstream, [streamOf(up.inbound, answer)])
        const printer = down.inbound.openPrinter({ ...factsFor(down.inbound), showUsage: true, estimatedInput: 0 })
        const streamed = events.map((event) => printer.print(event)).join('')
        expect(withoutIds(assembled(down.upstream, Buffer.from(streamed)))).toEqual(withoutIds(unary!))
      }),
      { numRuns: 300 },
    )
  })
})

describe.each(dialects)('a stream in the dialect $name', ({ inbound, upstream }) => {
  test('says the same however its bytes are cut (wire 2, 60)', () => {
    fc.assert(
      fc.property(arbitraryAnswer, fc.nat(40), (answer, size) => {
        const bytes = streamOf(inbound, answer)
        expect(parsed(upstream, chunked(bytes, size + 1))).toEqual(parsed(upstream, [bytes]))
      }),
    )
  })

  test('cut off anywhere it is no answer (wire 10)', () => {
    fc.assert(
      fc.property(arbitraryAnswer, fc.double({ min: 0, max: 0.9, noNaN: true }), (answer, share) => {
        const bytes = streamOf(inbound, answer)
        const cutOff = parsed(upstream, [bytes.subarray(0, Math.floor(bytes.length * share))])
        const last = cutOff.at(-1)?.type
        // When only the end of the stream is missing, the answer is complete.
        expect(['upstream-cut', ...(cutOff.some(({ type }) => type === 'finish') ? ['end'] : [])]).toContain(last)
      }),
    )
  })

  test('is read as it was printed', () => {
    fc.assert(
      fc.property(arbitraryAnswer, (answer) => {
        const read = whole(inbound, upstream, answer)!
        expect(whole(inbound, upstream, read)).toEqual(read)
        expect(assembled(upstream, streamOf(inbound, answer))).toEqual(read)
      }),
    )
  })
})
