import { expect, test } from 'vitest'
import { parseSettings } from '../../shared/settings.ts'
import type { Finding } from '../control/discovery.ts'
import { bannerOf } from './banner.ts'
import { planOf } from './roles.ts'
import type { StartOptions } from './run.ts'

function banner(
  environment: Record<string, string>,
  { role = 'all' as StartOptions['role'], ...facts }: { role?: StartOptions['role'] } & Partial<Facts> = {},
): string {
  const settings = parseSettings(environment, () => '')
  if (!settings.ok) throw new Error(settings.error.map(({ message }) => message).join())
  const plan = planOf(role, settings.value)
  if (typeof plan === 'string') throw new Error(plan)
  const options: StartOptions = { role, auto: false, version: '1.2.3', environment }
  return bannerOf({
    run: { options, plan, settings: settings.value, node: 'node-a' },
    proxy: undefined,
    control: undefined,
    ...facts,
  })
}

type Facts = Parameters<typeof bannerOf>[0]

const control = {
  port: 8081,
  signInLink: 'http://localhost:8081/sign-in?token=t',
  adminToken: 'hg-admin',
  demoKey: 'hg-demo',
  findings: [],
}

test('a first start tells where everything is, and a command that answers', () => {
  const text = banner({ HEADGATE_HOST: '127.0.0.1' }, { proxy: { port: 8080 }, control })
  expect(text).toContain('Headgate 1.2.3\n')
  expect(text).toMatch(/^ {2}Endpoint +http:\/\/127\.0\.0\.1:8080\/v1$/m)
  expect(text).toMatch(/^ {2}Console +http:\/\/localhost:8081\/sign-in\?token=t$/m)
  expect(text).toMatch(/^ {2}Admin +hg-admin {3}\(shown once: keep it\)$/m)
  expect(text).toMatch(/^curl -s http:\/\/127\.0\.0\.1:8080\/v1\/chat\/completions -H 'authorization: Bearer hg-demo'/m)
  expect(text).not.toMatch(/^ {2}(Node|Ops|NATS) /m)
})

test('the port that the proxy got is shown, not the one that was asked for', () => {
  expect(banner({ HEADGATE_HOST: '127.0.0.1', HEADGATE_PORT: '0' }, { proxy: { port: 4711 } })).toContain(':4711/v1')
})

test('a later start has no token and no key to show, and so no command', () => {
  const later = { ...control, adminToken: undefined, demoKey: undefined }
  const text = banner({}, { proxy: { port: 8080 }, control: later })
  expect(text).not.toMatch(/^ {2}(Admin|Key) /m)
  expect(text).not.toContain('curl')
})

test('a proxy of a cluster tells its node, its ops port and its servers', () => {
  const masterKey = Buffer.alloc(32, 7).toString('base64')
  const environment = {
    HEADGATE_NATS_URL: 'nats://127.0.0.1:4222,nats://127.0.0.1:4223',
    HEADGATE_MASTER_KEY: masterKey,
  }
  const text = banner(environment, { role: 'proxy', proxy: { port: 8080 } })
  expect(text).toMatch(/^ {2}Node +node-a \(proxy\)$/m)
  expect(text).toMatch(/^ {2}Ops +http:\/\/\S+:9464$/m)
  expect(text).toMatch(/^ {2}NATS +nats:\/\/127\.0\.0\.1:4222, nats:\/\/127\.0\.0\.1:4223$/m)
})

const found = (variable: string, provider: string, more: Partial<Finding> = {}): Finding => {
  return {
    type: 'provider-key',
    variable,
    provider,
    lacks: [],
    example: `${provider}-model`,
    standing: 'found',
    ...more,
  } as Finding
}

test('what was found is named with what makes it a provider', () => {
  const ollama = {
    type: 'local-server',
    provider: 'ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    models: ['qwen3'],
  } as const
  const findings: Finding[] = [
    found('OPENAI_API_KEY', 'openai'),
    found('AWS_ACCESS_KEY_ID', 'bedrock', { lacks: ['AWS_REGION|AWS_DEFAULT_REGION'] }),
    { ...ollama, standing: 'enabled', example: 'qwen3' },
  ]
  const text = banner({}, { control: { ...control, findings } })
  expect(text).toContain('OPENAI_API_KEY (`npm start -- --auto` makes it the provider openai)')
  expect(text).toContain('AWS_ACCESS_KEY_ID (with AWS_REGION or AWS_DEFAULT_REGION it can become the provider bedrock)')
  expect(text).toContain('ollama at http://127.0.0.1:11434/v1, enabled as the provider ollama')
  expect(text).toMatch(/^ {2}Models +call them by name: qwen3, …; GET \/v1\/models lists them$/m)
  expect(text).not.toContain('Claude Code')
})

test('where Claude models are there, the line that starts Claude Code is there', () => {
  const findings = [found('ANTHROPIC_API_KEY', 'anthropic', { standing: 'enabled' })]
  const text = banner({}, { proxy: { port: 8080 }, control: { ...control, findings } })
  expect(text).toMatch(/^ANTHROPIC_BASE_URL=http:\/\/\S+:8080 ANTHROPIC_AUTH_TOKEN=hg-demo claude$/m)
})

test.each<[Partial<Finding>, string]>([
  [{ standing: 'configured' }, 'OPENAI_API_KEY, configured as the provider openai'],
  [{ standing: 'updated' }, 'OPENAI_API_KEY, the provider openai is updated'],
  [{ standing: 'differs' }, 'OPENAI_API_KEY (the provider openai has another key or address and is unchanged: '],
  [{ standing: 'own-key' }, 'OPENAI_API_KEY is a key of a gateway, not of a provider, and makes no provider'],
  [{ standing: 'refused', refusal: 'baseUrl: this is not a URL' }, 'OPENAI_API_KEY, no provider: baseUrl: this is not'],
  [
    { standing: 'enabled', baseUrl: 'https://llm.example/v1' },
    'OPENAI_API_KEY at llm.example, enabled as the provider openai',
  ],
])('%o is told as what it is', (more, sentence) => {
  const text = banner({}, { control: { ...control, findings: [found('OPENAI_API_KEY', 'openai', more)] } })
  expect(text).toContain(sentence)
})

test.each([
  [{ npm_config_auto: 'true' }, 'npm took --auto for an option of its own. Write: npm start -- --auto\n'],
  [{ npm_config_role: 'proxy' }, 'npm took --role proxy for an option of its own. Write: npm start -- --role proxy\n'],
])('an option that npm kept for itself, %o, is told with the right spelling', (environment, hint) => {
  expect(banner(environment)).toContain(hint)
  expect(banner({})).not.toContain('npm took')
})

test('a later start names the models of providers that are configured, and no start with --auto', () => {
  const findings = [found('OPENAI_API_KEY', 'openai', { standing: 'configured' })]
  const text = banner({}, { control: { ...control, findings } })
  expect(text).toMatch(/^ {2}Models +call them by name: openai-model, …/m)
  expect(text).not.toContain('--auto')
})
