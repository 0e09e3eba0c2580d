// Bytes that no provider would send: broken, cut, repeated, nested. A parser may report them as broken; it must not
// throw, stall, or go on after the end. FUZZ_BYTES=1000000 runs more; SEED=n repeats a run.
import { describe, expect, test } from 'vitest'
import { Assembly } from '../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import { openAiResponsesInbound } from './openai-responses/openai-responses.ts'
import { dialects, factsFor, printedNothing } from './test-dialects.ts'

const bytesMax = Number(process.env['FUZZ_BYTES'] ?? 100_000)
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** CPU time of one read that other requests would notice. */
const stallMs = 50

const samples: Readonly<Record<string, readonly string[]>> = {
  'openai-chat': [
    'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}\n\n',
    'data: {"choices":[{"index":1,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}}]}\n\n',
    'data: {"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","text":"x","signature":"s"}]}}]}\n\n',
    'data: {"choices":[{"index":0,"delta":{"annotations":[{}],"audio":{"data":"x"}},"logprobs":{"content":[{}]}}]}\n\n',
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}\n\n',
    'data: [DONE]\n\n',
  ],
  'openai-responses': [
    'event: response.created\ndata: {"type":"response.created","response":{"id":"r","model":"m","created_at":1}}\n\n',
    'data: {"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1"}}\n\n',
    'data: {"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"hm"}\n\n',
    'data: {"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","encrypted_content":"e"}}\n\n',
    'data: {"type":"response.output_item.added","output_index":1,"item":{"type":"message","content":[]}}\n\n',
    'data: {"type":"response.content_part.added","output_index":1,"content_index":0,"part":{"type":"output_text"}}\n\n',
    'data: {"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"Hi","logprobs":[{}]}\n\n',
    'data: {"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"annotation":{}}\n\n',
    'data: {"type":"response.output_text.done","output_index":1,"content_index":0,"text":"Hi.","logprobs":[{},{}]}\n\n',
    'data: {"type":"response.refusal.delta","output_index":1,"content_index":1,"delta":"No"}\n\n',
    'data: {"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","call_id":"c","name":"f"}}\n\n',
    'data: {"type":"response.function_call_arguments.delta","output_index":2,"delta":"{"}\n\n',
    'data: {"type":"response.output_item.done","output_index":3,"item":{"type":"image_generation_call","result":"aGk="}}\n\n',
    'data: {"type":"response.completed","response":{"output":[{"type":"message","content":[{}]}],"usage":{"input_tokens":1}}}\n\n',
    'data: {"type":"response.failed","response":{"status":"failed","error":{"code":"server_error"}}}\n\n',
    'data: {"type":"error","code":"server_error","message":"no","param":null}\n\n',
  ],
  anthropic: [
    'event: message_start\ndata: {"type":"message_start","message":{"id":"a","usage":{"input_tokens":1}}}\n\n',
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}\n\n',
    'data: {"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","input":{}}}\n\n',
    'data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{"}}\n\n',
    'data: {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"x"}}}\n\n',
    'data: {"type":"content_block_stop","index":0}\n\n',
    'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}\n\n',
    'data: {"type":"message_stop"}\n\n',
  ],
  gemini: [
    'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"index":0}],"responseId":"r"}\n\n',
    'data: {"candidates":[{"content":{"parts":[{"text":"x","thought":true,"thoughtSignature":"s"}]},"index":1}]}\n\n',
    'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}}]}}]}\n\n',
    'data: {"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.a[0].b","stringValue":"v","willContinue":true}],"willContinue":true}}]}}]}\n\n',
    'data: {"candidates":[{"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":[{"segment":{"endIndex":1},"groundingChunkIndices":[0]}]}}]}\n\n',
    'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n',
    'data: {"candidates":[{"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1}}\n\n',
  ],
  cohere: [
    'event: message-start\ndata: {"id":"c","type":"message-start","delta":{"message":{"role":"assistant"}}}\n\n',
    'data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}\n\n',
    'data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hi"}}}}\n\n',
    'data: {"type":"content-delta","index":1,"delta":{"message":{"content":{"thinking":"hm"}}}}\n\n',
    'data: {"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}\n\n',
    'data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"t","type":"function","function":{"name":"f","arguments":""}}}}}\n\n',
    'data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"null"}}}}}\n\n',
    'data: {"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":2,"sources":[{"type":"document","id":"d"}]}}}}\n\n',
    'data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":1}}}}\n\n',
  ],
  'gemini as a list': [
    '[{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"index":0}]}',
    ',\n{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":[1]}}}]}}]}',
    ',{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1}}',
    ']',
  ],
}
const pieces = [
  '\r\n',
  '\r',
  '\n\n',
  'data:',
  ': ping\n\n',
  '[',
  '{',
  '"',
  '\\u0000',
  'null',
  '1e400',
  '\xff',
  '"__proto__":{',
  '"index":-1',
]

/** The generator of "Numerical Recipes": the same seed gives the same bytes. */
function drawing(from: number): (below: number) => number {
  let state = from >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function stream(name: string, draw: (below: number) => number): Buffer {
  let text = ''
  const own = samples[name]!
  for (let i = 0; i < 12; i++) {
    const sample = own[draw(own.length)]!
    const at = draw(sample.length)
    const piece = pieces[draw(pieces.length)]!
    const fate = draw(6)
    if (fate < 3) text += sample
    else if (fate === 3) text += sample.slice(0, at) + piece + sample.slice(at)
    else if (fate === 4) text += sample.slice(0, at) + sample.slice(at + 1 + draw(8))
    else
      text += sample.replace(/null|\d+|"[a-z]+"/, () => ['null', '{}', '[]', '""', '1e400', '-1', '[[[]]]'][draw(7)]!)
  }
  return Buffer.from(text, draw(4) === 0 ? 'latin1' : 'utf8')
}

const parsers = [...dialects, { name: 'cohere', upstream: cohereUpstream }]

describe.each(parsers)(`the parser of $name, SEED=${seed}`, ({ name, upstream }) => {
  test(`survives ${bytesMax} bytes that no provider would send`, () => {
    const draw = drawing(seed)
    for (let bytes = 0; bytes < bytesMax; ) {
      const whole = stream(name, draw)
      bytes += whole.length
      const events: ChatEvent[] = []
      const parser = upstream.openParser(printedNothing)
      const printers = [...dialects.map(({ inbound }) => inbound), openAiResponsesInbound].map((inbound) =>
        inbound.openPrinter(factsFor(inbound)),
      )
      const assembly = new Assembly()
      const emit = (event: ChatEvent) => {
        events.push(event)
        assembly.add(event)
        for (const printer of printers) expect(typeof printer.print(event)).toBe('string')
      }
      const size = 1 + draw(200)
      for (let at = 0; at < whole.length; at += size) {
        const started = process.cpuUsage()
        if (parser.push(Buffer.from(whole.subarray(at, at + size)), emit) === 'broken') break
        expect(process.cpuUsage(started).user / 1_000).toBeLessThan(stallMs)
      }
      parser.end(emit)
      const ends = events.filter(({ type }) => type === 'end' || type === 'error' || type === 'upstream-cut')
      expect(ends).toHaveLength(1)
      expect(events.at(-1)).toBe(ends[0])
      assembly.answer()
    }
  })

  test('takes any JSON as an answer, or as none', () => {
    const draw = drawing(seed + 1)
    for (let i = 0; i < 500; i++) {
      const [text = ''] = /\{.*\}/s.exec(stream(name, draw).toString('utf8')) ?? []
      const value = jsonIn(text)
      if (value !== undefined) upstream.parseAnswer(value, printedNothing)
      upstream.parseError(400, Buffer.from(text))
    }
  })
})

function jsonIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.split('\n')[0] ?? '')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
