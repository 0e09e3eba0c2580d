import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { done } from '../../../shared/result.ts'
import type { VerbContext } from '../verb.ts'
import { logs } from './logs.ts'

const requests = [
  { id: 'req-1', at: '12:00', httpStatus: 404, status: 'refused', model: '', askedModel: 'gpt-9', key: 'key_a' },
  { id: 'req-2', at: '12:01', httpStatus: 200, status: 'ok', model: 'fast', key: 'key_gone' },
]

async function printed(json: boolean): Promise<{ lines: string[]; paths: string[] }> {
  const lines: string[] = []
  const paths: string[] = []
  const call = async ({ path }: { path: string }) => {
    paths.push(path)
    return done(path.startsWith('/keys') ? { items: [{ id: 'key_a', name: 'search' }] } : { items: [...requests] })
  }
  const context = {
    environment: {},
    terminal: {
      out: (text: string) => lines.push(text),
      err: () => {},
      colours: false,
      write: () => Promise.resolve(),
    },
    client: { call } as unknown as VerbContext['client'],
    clock: new ManualClock(),
    json,
    signal: new AbortController().signal,
  }
  await logs(context, {})
  return { lines, paths }
}

test('a line has the model that was asked for, and the name of the key while there is one', async () => {
  const { lines } = await printed(false)
  expect(lines).toEqual(['12:01  200  ok  fast  key_gone  req-2', '12:00  404  refused  gpt-9  search  req-1'])
})

test('as JSON the records stay as they are, and nobody is asked for names', async () => {
  const { lines, paths } = await printed(true)
  expect(JSON.parse(lines[1] ?? '')).toEqual(requests[0])
  expect(paths).toEqual(['/requests?limit=20'])
})
