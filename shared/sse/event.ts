// Parses one server-sent event (WHATWG HTML, section 9.2.6): its name and its data. `id` and `retry` are ignored.

export interface SseEvent {
  /** '' for an event without a name. */
  readonly name: string
  /** Lines of data joined with LF; undefined for an event without data, such as a comment. */
  readonly data: string | undefined
}

/** `text` is one event with its blank line. */
export function sseEvent(text: string): SseEvent {
  return oneLine(text) ?? everyLine(text)
}

/** Fast path: nearly every event has one line of data, and at most one line of name before it. */
function oneLine(text: string): SseEvent | undefined {
  if (!text.endsWith('\n\n') || text.includes('\r')) return undefined
  let name = ''
  let at = 0
  if (text.startsWith('event: ')) {
    at = text.indexOf('\n') + 1
    name = text.slice(7, at - 1)
  }
  const end = text.length - 2
  if (!text.startsWith('data: ', at) || text.indexOf('\n', at) !== end) return undefined
  return { name, data: text.slice(at + 6, end) }
}

function everyLine(text: string): SseEvent {
  let name = ''
  let data: string | undefined
  for (const line of text.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') name = value
    else if (field === 'data') data = data === undefined ? value : `${data}\n${value}`
  }
  return { name, data }
}
