/** The id of a message as Anthropic writes ids: one that another API wrote gets the prefix in the place of its own. */
export function messageId(id: string, requestId: string): string {
  if (id === '') return `msg_${requestId}`
  return id.startsWith('msg_') ? id : `msg_${id.replace(/^(chatcmpl-|cmpl-|resp_|gen-)/, '')}`
}
