// The members of items, parts and tools of the Responses API that are read. Ids and states of items are the caller's alone.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { byType, type Shape, shape, unknownMembers } from '../common/known-members.ts'

const parts = byType({
  text: shape('text', 'type text'),
  input_text: shape('input_text', 'type text'),
  output_text: shape('output_text', 'type text annotations logprobs'),
  refusal: shape('refusal', 'type refusal'),
  input_image: shape('input_image', 'type image_url file_id detail'),
  input_file: shape('input_file', 'type filename file_id file_data file_url'),
  input_audio: shape('input_audio', 'type', { input_audio: shape('input_audio', 'data format') }),
})

const items = byType(
  {
    message: shape('message', 'type id status role', { content: parts }),
    function_call: shape('function_call', 'type id status call_id name arguments namespace'),
    custom_tool_call: shape('custom_tool_call', 'type id status call_id name input namespace'),
    function_call_output: shape('function_call_output', 'type id status call_id', { output: parts }),
    custom_tool_call_output: shape('custom_tool_call_output', 'type id status call_id', { output: parts }),
    reasoning: shape('reasoning', 'type id status summary content encrypted_content'),
  },
  'message',
)

const single: Readonly<Record<string, Shape>> = {
  function: shape('tools', 'type name description parameters strict cache_control'),
  custom: shape('tools', 'type name description format cache_control'),
}
const tools = byType({ ...single, namespace: shape('tools', 'type name description', { tools: byType(single) }) })

export function unknownInResponses(body: JsonObject): string[] {
  return [...unknownMembers(body['input'], items), ...unknownMembers(body['tools'], tools)]
}
