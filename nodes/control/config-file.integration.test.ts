// The config file at a start: it is applied whole, or the start is refused by name.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { StartRefused } from './first-writes.ts'
import { ControlStarts, revisionOf } from './testing/control-starts.ts'

const controls = new ControlStarts()
afterAll(() => controls.end())

function configFile(text: string): string {
  const path = join(mkdtempSync(join(controls.folder, 'config-')), 'headgate.yaml')
  writeFileSync(path, text)
  return path
}

describe('the config file', () => {
  test('is applied with variables and secret files filled in, and writes no event when it is applied again', async () => {
    const secret = join(controls.folder, 'secret.txt')
    writeFileSync(secret, 'sk-from-a-file-1234\n')
    const text = `
providers: { up: { kind: openai, baseUrl: "http://127.0.0.1:9/v1", credentials: [{ name: a, apiKey: "file:${secret}" }] } }
models: { fast: { targets: [{ provider: up, model: "\u0024{UP_MODEL:-small}" }] } }
`
    const variables = { HEADGATE_CONFIG: configFile(text), UP_MODEL: 'large' }
    const first = await controls.start({ variables })
    const { revision, resources } = (await first.admin('GET', '/config')).json
    expect(resources.models.fast.targets[0].model).toBe('large')
    expect(resources.providers.up.credentials[0].apiKey).toBe('…1234')
    await controls.stop(first)
    const second = await controls.start({ dataDir: first.dataDir, variables })
    expect(await revisionOf(second)).toBe(revision)
  })

  test('deletes what it no longer names, and leaves what was made by hand', async () => {
    const path = configFile('teams: { a: {}, b: {} }')
    const first = await controls.start({ variables: { HEADGATE_CONFIG: path } })
    await first.admin('PUT', '/teams/c', {})
    await controls.stop(first)
    writeFileSync(path, 'teams: { a: {} }')
    const second = await controls.start({ dataDir: first.dataDir, variables: { HEADGATE_CONFIG: path } })
    const { teams } = (await second.admin('GET', '/config')).json.resources
    expect(Object.keys(teams)).toEqual(['a', 'c', 'default'])
  })

  test('refuses the start when it is invalid, with every problem at its line and column', async () => {
    const path = configFile('models:\n  a: { targets: [{ provider: ghost, model: m }], rooting: x }\nlimitz: {}\n')
    const refused = await controls.start({ variables: { HEADGATE_CONFIG: path } }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StartRefused)
    const { message } = refused as Error
    for (const part of [`${path}:2:`, 'ghost', 'did you mean "routing"', `${path}:3:1 `, 'did you mean "limits"']) {
      expect(message).toContain(part)
    }
  })

  test.each([
    ['a kind that is not enforced', 'guardrails: {}\n', 'guardrails'],
    ['broken YAML', 'teams: [\n', 'headgate.yaml:'],
  ])('%s refuses the start by name', async (_, text, named) => {
    await expect(controls.start({ variables: { HEADGATE_CONFIG: configFile(text) } })).rejects.toThrow(named)
  })

  test('may hold a secret in plain text: it is sealed, and a warning names its place without showing it', async () => {
    const text = 'providers:\n  p: { kind: openai, credentials: [{ name: a, apiKey: sk-plain-abcdefgh-1234 }] }\n'
    const control = await controls.start({ variables: { HEADGATE_CONFIG: configFile(text) } })
    const warnings = control.notices.filter(({ type }) => type === 'warning')
    expect(warnings).toEqual([
      { type: 'warning', message: expect.stringMatching(/headgate\.yaml:2:\d+ providers\.p\.cred/) },
    ])
    expect(JSON.stringify(control.notices)).not.toContain('sk-plain')
    expect((await control.admin('GET', '/providers/p')).json.spec.credentials[0].apiKey).toBe('…1234')
  })

  describe('with a value that this machine lacks', () => {
    const text = 'providers:\n  p: { kind: groq, credentials: [{ name: a, apiKey: "\u0024{GROQ_KEY}" }] }\n'

    test('refuses the first start, and names the variable', async () => {
      const path = configFile(text)
      const refused = controls.start({ variables: { HEADGATE_CONFIG: path } })
      await expect(refused).rejects.toThrow(
        `${path}:2:53 providers.p.credentials[0].apiKey: the variable GROQ_KEY is not set`,
      )
      await expect(refused).rejects.toBeInstanceOf(StartRefused)
    })

    test('goes on, at a restart, with what was applied before: degraded, and said everywhere', async () => {
      const path = configFile(text)
      const first = await controls.start({ variables: { HEADGATE_CONFIG: path, GROQ_KEY: 'gsk-abcdefgh-1234' } })
      const applied = (await first.admin('GET', '/config')).json
      await controls.stop(first)
      const second = await controls.start({ dataDir: first.dataDir, variables: { HEADGATE_CONFIG: path } })
      expect((await second.admin('GET', '/config')).json).toEqual(applied)
      expect((await second.admin('GET', '/providers/p')).json.spec.credentials[0].apiKey).toBe('…1234')
      const reason = `the config file was not applied: ${path}:2:53 providers.p.credentials[0].apiKey: the variable GROQ_KEY is not set. What an earlier start applied is served; set what is missing and start again`
      expect(second.notices).toContainEqual({ type: 'config-degraded', reason })
      const ready = (await (await fetch(`${second.url}/readyz?verbose`)).json()) as { reasons: string[] }
      expect(ready).toMatchObject({ status: 'degraded' })
      expect(ready.reasons.map((told) => told.replace(/ \(since .*\)$/, ''))).toContain(reason)
      expect((await second.admin('PUT', '/teams/later', {})).status).toBe(200)
      await controls.stop(second)
      const third = await controls.start({
        dataDir: first.dataDir,
        variables: { HEADGATE_CONFIG: path, GROQ_KEY: 'gsk-abcdefgh-5678' },
      })
      expect((await third.admin('GET', '/providers/p')).json.spec.credentials[0].apiKey).toBe('…5678')
      expect(await (await fetch(`${third.url}/readyz?verbose`)).text()).not.toContain('config file')
    })

    test('refuses a restart too, with another mistake beside it', async () => {
      const path = configFile(text)
      const first = await controls.start({ variables: { HEADGATE_CONFIG: path, GROQ_KEY: 'gsk-abcdefgh-1234' } })
      await controls.stop(first)
      writeFileSync(path, `${text}modles: {}\n`)
      const refused = controls.start({ dataDir: first.dataDir, variables: { HEADGATE_CONFIG: path } })
      await expect(refused).rejects.toThrow(/GROQ_KEY[\s\S]*did you mean "models"/)
    })
  })

  test('refuses the start when it is named and not there', async () => {
    const variables = { HEADGATE_CONFIG: join(controls.folder, 'absent.yaml') }
    await expect(controls.start({ variables })).rejects.toThrow(
      /HEADGATE_CONFIG names .*absent\.yaml, which cannot be read: there is no such file/,
    )
  })
})
