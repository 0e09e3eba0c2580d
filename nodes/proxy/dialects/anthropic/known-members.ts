// The members of messages, blocks and tools of the Messages API that are read.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { byType, type Inner, type Shape, shape, unknownMembers } from '../common/known-members.ts'

const cache_control = shape('cache_control', 'type ttl')
const marked = { cache_control }

const sources = byType({
  base64: shape('source', 'type data media_type'),
  url: shape('source', 'type url media_type'),
  file: shape('source', 'type file_id'),
  text: shape('source', 'type data media_type'),
})

/** A source of content blocks makes the whole block one that only Claude takes. */
function documentOrNone({ source }: JsonObject): Shape | undefined {
  const isOpaque = typeof source === 'object' && source !== null && 'type' in source && source.type === 'content'
  return isOpaque ? undefined : documentShape
}

const documentShape = shape('document', 'type title context', {
  ...marked,
  source: sources,
  citations: shape('document.citations', 'enabled'),
})

const blocks: Readonly<Record<string, Shape>> = {
  text: shape('text', 'type text citations', marked),
  image: shape('image', 'type', { ...marked, source: sources }),
  tool_use: shape('tool_use', 'type id name input', { ...marked, caller: isDirect }),
  thinking: shape('thinking', 'type thinking signature'),
  redacted_thinking: shape('redacted_thinking', 'type data'),
}

/** A call that the model made itself, and none of its code, needs no word. */
function isDirect({ type }: JsonObject): Shape | undefined {
  return type === 'direct' ? undefined : callerShape
}

const callerShape = shape('tool_use.caller', '')

const inner: Inner = (block) => (block['type'] === 'document' ? documentOrNone(block) : byTypeOf(block))

function byTypeOf({ type }: JsonObject): Shape | undefined {
  return typeof type === 'string' && Object.hasOwn(blocks, type) ? blocks[type] : undefined
}

const resultShape = shape('tool_result', 'type tool_use_id is_error', { ...marked, content: inner })

const content: Inner = (block) => (block['type'] === 'tool_result' ? resultShape : inner(block))

const messages = shape('messages', 'role', { content })

const tools = byType({ custom: shape('tools', 'type name description input_schema strict', marked) }, 'custom')

const choice = shape('tool_choice', 'type name disable_parallel_tool_use')
const metadata = shape('metadata', 'user_id')
const config = shape('output_config', 'effort format')

export function unknownInMessages(body: JsonObject): string[] {
  return [
    ...unknownMembers(body['system'], inner),
    ...unknownMembers(body['messages'], messages),
    ...unknownMembers(body['tools'], tools),
    ...unknownMembers(body['tool_choice'], choice),
    ...unknownMembers(body['metadata'], metadata),
    ...unknownMembers(body['output_config'], config),
  ]
}
