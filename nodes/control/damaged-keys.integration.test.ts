import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type StartedControl, startedControl } from './testing/started-control.ts'

let control: StartedControl | undefined
afterEach(() => control?.remove())

const providerOf = (apiKey: string) => ({ kind: 'openai', credentials: [{ name: 'main', apiKey }] })

/** Starts a node that holds two providers, after bits of the data key of `two` were flipped in the files. */
async function restarted(files: readonly string[]): Promise<StartedControl> {
  const first = await startedControl()
  for (const name of ['one', 'two']) {
    const written = await first.admin('PUT', `/providers/${name}`, providerOf(`sk-${name}-0123456789abcdef`))
    expect(written.status).toBe(200)
  }
  await first.stop()
  for (const name of files) flip(join(first.dataDir, 'config', name), 'provider:two')
  return startedControl({ dataDir: first.dataDir })
}

function flip(path: string, owner: string): void {
  const file = JSON.parse(readFileSync(path, 'utf8')) as { keys: Record<string, string> }
  const bytes = Buffer.from(file.keys[owner] ?? '', 'base64')
  bytes[20] = (bytes[20] ?? 0) ^ 4
  file.keys[owner] = bytes.toString('base64')
  writeFileSync(path, `${JSON.stringify(file)}\n`)
}

const readyz = async (url: string) => (await fetch(`${url}/readyz?verbose`)).json() as Promise<{ reasons: string[] }>

test('a data key that is damaged on disk is restored from its copy, and named', async () => {
  control = await restarted(['data-keys.json'])
  const { reasons } = await readyz(control.url)
  expect(reasons).toEqual([expect.stringMatching(/^the data key of provider:two was damaged and is restored/)])
})

test('damaged in both files, it is named until its secrets are written anew, and the others do not notice', async () => {
  control = await restarted(['data-keys.json', 'data-keys.json.copy'])
  expect((await readyz(control.url)).reasons).toEqual([
    expect.stringMatching(/^the data key of provider:two is damaged/),
  ])
  const other = await control.admin('PUT', '/providers/one', providerOf('sk-one-another-0123456789'))
  expect(other.status).toBe(200)
  const anew = await control.admin('PUT', '/providers/two', providerOf('sk-two-another-0123456789'))
  expect(anew.status).toBe(200)
  expect((await readyz(control.url)).reasons).toEqual([])
})
