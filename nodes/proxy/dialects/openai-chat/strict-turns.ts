// The order of turns that Mistral wants: behind the results of tools the model speaks, and a final turn of the model is a prefix of
// the answer.
import type { Json } from '../../../../shared/chat/parts.ts'
import { placeholder } from '../anthropic/print-content.ts'
import { isObject } from '../common/body-reader.ts'

export function withStrictTurns(messages: readonly Json[]): Json[] {
  const turns = messages.flatMap((message, i) => {
    const isBridged = roleOf(message) === 'user' && roleOf(messages[i - 1]) === 'tool'
    return isBridged ? [{ role: 'assistant', content: placeholder }, message] : [message]
  })
  const last = turns.at(-1)
  return isObject(last) && isPrefix(last) ? [...turns.slice(0, -1), { ...last, prefix: true }] : turns
}

function roleOf(message: Json): Json {
  return isObject(message) ? message['role'] : undefined
}

function isPrefix(message: { readonly [name: string]: Json }): boolean {
  return message['role'] === 'assistant' && message['tool_calls'] === undefined
}
