import type { WindowLoad, WindowResult } from './wrk.ts'

/** autocannon stands in where wrk is absent: it needs a core for itself, so ratios come out a little rougher. */
export async function runAutocannon(load: WindowLoad): Promise<WindowResult> {
  const { default: autocannon } = await import('autocannon')
  const { port, path, method, headers, body } = load.target
  const result = await autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    method: method as 'POST',
    headers,
    body,
    connections: load.connections,
    duration: load.seconds,
  })
  const answered = result.requests.total
  const right = load.expectedStatus < 400 ? result['2xx'] : result['4xx']
  const wrong = result['2xx'] + result.non2xx - right
  const troubles = [
    ...(wrong > 0 ? [`${wrong} with another status`] : []),
    ...(result.errors > 0 ? [`${result.errors} socket errors`] : []),
    ...(answered === 0 ? ['nothing was answered'] : []),
  ]
  return { answered, trouble: troubles.length === 0 ? undefined : troubles.join(', ') }
}
