// What later starts with `--auto` do to a provider that is there already, and what they say of it.
import { afterAll, expect, test } from 'vitest'
import { ControlStarts } from './testing/control-starts.ts'

const controls = new ControlStarts()
afterAll(() => controls.end())

test('a rotated key brings a provider up to date that a start made, and none that was edited', async () => {
  const first = await controls.start({ variables: { OPENAI_API_KEY: 'sk-first-abcdefgh-1111' }, auto: true })
  await controls.stop(first)
  const again = async (variables: Record<string, string>, { auto, edit }: { auto: boolean; edit?: object }) => {
    const next = await controls.start({ dataDir: first.dataDir, variables, auto })
    const { spec } = (await next.admin('GET', '/providers/openai')).json
    if (edit !== undefined) await next.admin('PUT', '/providers/openai', { ...spec, ...edit })
    await controls.stop(next)
    return { standing: next.node.findings[0]?.standing, spec, key: spec.credentials[0].apiKey }
  }
  const same = { OPENAI_API_KEY: 'sk-first-abcdefgh-1111' }
  expect(await again(same, { auto: false })).toMatchObject({ standing: 'configured' })
  expect(await again(same, { auto: true })).toMatchObject({ standing: 'configured' })

  const second = { OPENAI_API_KEY: 'sk-second-abcdefgh-2222', OPENAI_BASE_URL: 'http://127.0.0.1:4000/v1' }
  expect(await again(second, { auto: false })).toMatchObject({ standing: 'differs', key: '…1111' })
  const updated = await again(second, { auto: true })
  expect(updated).toMatchObject({ standing: 'updated', key: '…2222' })
  expect(updated.spec).toMatchObject({ baseUrl: 'http://127.0.0.1:4000/v1', allowPrivate: true })

  // The variable that said where keys belong is gone: the new key is not sent to the old address, nor is the provider moved.
  const third = { OPENAI_API_KEY: 'sk-third-abcdefgh-3333' }
  const edit = { headers: { 'x-team': 'ours' } }
  expect(await again(third, { auto: true, edit })).toMatchObject({ standing: 'differs', key: '…2222' })
  const edited = await again({ ...second, ...third }, { auto: true })
  expect(edited).toMatchObject({ standing: 'differs', key: '…2222', spec: edit })
})
