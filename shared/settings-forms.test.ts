// Each variable that is not a free text has a form; a value that does not have it is refused by the name of the variable, and
// the start never goes on with a part of it.
import { expect, test } from 'vitest'
import { parseSettings } from './settings.ts'

function refusal(environment: Record<string, string>): string[] {
  const parsed = parseSettings(environment, () => '')
  return parsed.ok ? [] : parsed.error.map(({ name, message }) => `${name}: ${message}`)
}

test.each([
  ['HEADGATE_TRUSTED_PROXIES', '10.0.0.0/'],
  ['HEADGATE_TRUSTED_PROXIES', '10.0.0.0/33'],
  ['HEADGATE_TRUSTED_PROXIES', '10.0.0.0/-1'],
  ['HEADGATE_TRUSTED_PROXIES', 'fd00::/129'],
  ['HEADGATE_TRUSTED_PROXIES', '10.0.0.5, proxy.internal'],
  ['HEADGATE_TRUSTED_PROXIES', '*'],
  ['HEADGATE_HOSTS', 'a host'],
  ['HEADGATE_HOSTS', 'https://llm.example.com'],
  ['HEADGATE_HOSTS', 'llm.example.com:443'],
  ['HEADGATE_HOSTS', 'llm.example.com/path'],
  ['HEADGATE_HOSTS', '*.example.com'],
  ['HEADGATE_CORS_ORIGINS', 'https://app.example.com/path'],
  ['HEADGATE_NODE_NAME', 'a b'],
  ['HEADGATE_NODE_NAME', 'a\nb'],
  ['HEADGATE_NODE_NAME', 'n'.repeat(129)],
  ['HEADGATE_REGION', 'r\u00e9gion'],
  ['HEADGATE_REGION', 'r'.repeat(129)],
  ['HEADGATE_BODY_MAX', '0'],
  ['HEADGATE_BODY_MAX', '1023'],
  ['HEADGATE_MEMORY_MAX', '512'],
  ['HEADGATE_BODY_PROCESSES', '0'],
  ['HEADGATE_KEY_OPEN_MAX', '-1'],
  ['HEADGATE_QUEUE_MAX', 'many'],
  ['HEADGATE_IDEMPOTENCY', '31d'],
  ['HEADGATE_DRAIN', '1y'],
  ['HEADGATE_HSTS', 'forever'],
  ['HEADGATE_LOG_LEVEL', 'trace'],
  ['HEADGATE_EGRESS', 'closed'],
  ['HEADGATE_PORT', '65536'],
  ['HEADGATE_ADMIN_TOKEN', 'password-password'],
  ['HEADGATE_METRICS_TOKEN', 'metrics-metrics-metrics'],
])('%s=%j is refused by its name', (name, value) => {
  expect(refusal({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}: .*(expected|is blank)`))])
})

test.each([
  ['HEADGATE_TRUSTED_PROXIES', '10.0.0.5, fd00::/8,192.168.0.0/16'],
  ['HEADGATE_HOSTS', 'llm.example.com, gateway, 10.0.0.1, ::1, [::1]'],
  ['HEADGATE_HOSTS', '*'],
  ['HEADGATE_NODE_NAME', 'eu-1/proxy@2'],
  ['HEADGATE_BODY_MAX', '1KiB'],
])('%s=%s is taken', (name, value) => expect(refusal({ [name]: value })).toEqual([]))

test('the token of the metrics is not the one of the administrator', () => {
  const token = 'kT3-9fQ2_xLm8RzP'
  expect(refusal({ HEADGATE_ADMIN_TOKEN: token, HEADGATE_METRICS_TOKEN: token })).toEqual([
    expect.stringMatching(/^HEADGATE_METRICS_TOKEN: is the admin token/),
  ])
})
