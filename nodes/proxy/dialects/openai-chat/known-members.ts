// The members of messages, parts and tools of chat completions that are read.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { byType, shape, unknownMembers } from '../common/known-members.ts'

/** `annotations` come with an answer and are sent back with it. */
const thoughts = 'reasoning reasoning_content reasoning_details thinking annotations extra_content'

const calls = shape('tool_calls', 'id index type extra_content', {
  function: shape('tool_calls.function', 'name arguments'),
  custom: shape('tool_calls.custom', 'name input'),
})

const parts = byType({
  text: shape('text', 'type text cache_control'),
  refusal: shape('refusal', 'type refusal'),
  image_url: shape('image_url', 'type cache_control', { image_url: shape('image_url', 'url detail') }),
  video_url: shape('video_url', 'type cache_control', { video_url: shape('video_url', 'url') }),
  input_audio: shape('input_audio', 'type cache_control', { input_audio: shape('input_audio', 'data format') }),
  file: shape('file', 'type cache_control', { file: shape('file', 'filename file_id file_data') }),
})

const messages = {
  system: shape('messages', 'role cache_control', { content: parts }),
  user: shape('messages', 'role name cache_control', { content: parts }),
  assistant: shape('messages', `role name cache_control refusal function_call ${thoughts}`, {
    content: parts,
    tool_calls: calls,
  }),
  // The name of its tool is that of the call.
  tool: shape('messages', 'role name cache_control tool_call_id', { content: parts }),
}

function messageShape({ role }: JsonObject) {
  switch (role) {
    case 'user':
    case 'assistant':
    case 'tool':
      return messages[role]
    case 'function':
      return messages.tool
    default:
      return messages.system
  }
}

const functionShape = shape('tools.function', 'name description parameters strict')

const tools = byType({
  function: shape('tools', 'type cache_control', { function: functionShape }),
  custom: shape('tools', 'type cache_control', { custom: shape('tools.custom', 'name description format') }),
})

export function unknownInChat(body: JsonObject): string[] {
  return [...unknownMembers(body['messages'], messageShape), ...unknownMembers(body['tools'], tools)]
}
