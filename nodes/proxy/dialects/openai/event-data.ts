// The data of one server-sent event.
/** The data of an event as JSON; undefined when it is not JSON. `text` holds UTF-8 bytes as latin1. */
export function eventData(text: string): unknown {
  const lines = text.split(/\r\n|\n|\r/)
  const data = lines
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line.startsWith('data: ') ? 6 : 5))
  if (data.length === 0) return undefined
  try {
    return JSON.parse(Buffer.from(data.join('\n'), 'latin1').toString('utf8'))
  } catch {
    return undefined
  }
}
