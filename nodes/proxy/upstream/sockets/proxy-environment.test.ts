import { expect, test } from 'vitest'
import type { UpstreamOrigin } from '../upstream.ts'
import { readProxyEnvironment } from './proxy-environment.ts'

function origin(url: string): UpstreamOrigin {
  const { protocol, hostname, port, host } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error(protocol)
  return { key: url, protocol, hostname, port: Number(port || (protocol === 'http:' ? 80 : 443)), host }
}

test.each([
  [{}, 'https://api.example', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128' }, 'https://api.example', 'http://proxy:3128'],
  [{ https_proxy: 'proxy:3128' }, 'https://api.example', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128' }, 'http://api.example', undefined],
  [{ HTTP_PROXY: 'http://proxy:3128' }, 'http://api.example', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128' }, 'https://localhost', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128' }, 'https://127.0.0.1:8000', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128' }, 'https://[::1]:8000', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'other, api.example' }, 'https://api.example', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', no_proxy: '.example' }, 'https://api.example', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '*.example' }, 'https://API.example', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'example' }, 'https://myexample', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'api.example:443' }, 'https://api.example', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'api.example:8443' }, 'https://api.example', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '*' }, 'https://api.example', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'fd00::1' }, 'https://[fd00::1]:8000', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'fd00:0:0::1' }, 'https://[fd00::1]:8000', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '[fd00::1]:8000' }, 'https://[fd00::1]:8000', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '[fd00::1]:8000' }, 'https://[fd00::1]:9', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'fd00::/8' }, 'https://[fd12::1]', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'fd00::/8' }, 'https://[fe80::1]', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'x,10.0.0.0/8' }, 'https://10.1.2.3:8000', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '10.0.0.0/8' }, 'https://11.1.2.3', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '10.0.0.0/8:443' }, 'https://10.1.2.3', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '10.0.0.0/8:443' }, 'https://10.1.2.3:8443', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '192.168.0.0/16' }, 'https://[::ffff:192.168.1.1]', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '10.0.0.0/8' }, 'https://10.example', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '10.0.0.0/99,10.0.0.0/x' }, 'https://10.0.0.0', 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '0.0.0.0/0' }, 'https://8.8.8.8', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'api.example.' }, 'https://api.example', undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '.api.example:443' }, 'https://x.api.example', undefined],
])('with %j, %s is reached through %s', (environment, url, expected) => {
  expect(readProxyEnvironment(environment).proxyOf(origin(url))).toBe(expected)
})

test('a value that is no URL of an HTTP proxy is named and counts as unset', () => {
  const proxies = readProxyEnvironment({ HTTPS_PROXY: 'socks5://proxy:1080' })
  expect(proxies.unusable).toEqual(['HTTPS_PROXY'])
  expect(proxies.active).toBe(false)
  expect(proxies.proxyOf(origin('https://api.example'))).toBeUndefined()
})
