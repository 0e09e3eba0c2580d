// The mistakes that people make first in the environment, each with the whole sentence that a start tells.
import { describe, expect, test } from 'vitest'
import { parseSettings } from '../../shared/settings.ts'
import { textOfFile } from '../../shared/text-file.ts'
import { judgeVariables } from '../../shared/variable-names.ts'

describe('the environment', () => {
  test.each<[Record<string, string>, string[]]>([
    [{ HEADGATE_PROT: '80' }, ['HEADGATE_PROT: is not a variable of Headgate; did you mean HEADGATE_PORT?']],
    [
      { HEADGATE_LOGLEVEL: 'debug' },
      ['HEADGATE_LOGLEVEL: is not a variable of Headgate; did you mean HEADGATE_LOG_LEVEL?'],
    ],
    [
      { HEADGATE_ADMIN_TOKN: 'x' },
      ['HEADGATE_ADMIN_TOKN: is not a variable of Headgate; did you mean HEADGATE_ADMIN_TOKEN?'],
    ],
    [
      { HEADGATE_CONFG_FILE: '/etc/h.yaml' },
      ['HEADGATE_CONFG_FILE: is not a variable of Headgate; did you mean HEADGATE_CONFIG_FILE?'],
    ],
    [{ HEADGATE_PORT: 'eighty' }, ['HEADGATE_PORT: expected a port number from 0 to 65535']],
    [
      {
        HEADGATE_PORT: 'tcp://10.96.0.7:8080',
        HEADGATE_SERVICE_HOST: '10.96.0.7',
        HEADGATE_PORT_8080_TCP_ADDR: '10.96.0.7',
      },
      [
        'HEADGATE_PORT: holds an address that Kubernetes sets for a Service of this name: set enableServiceLinks: false in the pod, or give the Service another name',
      ],
    ],
    [{ HEADGATE_DRAIN: '30' }, ['HEADGATE_DRAIN: expected a duration such as 300s']],
    [
      { HEADGATE_ADMIN_TOKEN_FILE: '/nowhere/token' },
      ['HEADGATE_ADMIN_TOKEN_FILE: cannot read /nowhere/token: there is no such file'],
    ],
    [
      { HEADGATE_HOST: '0.0.0.0' },
      [
        'HEADGATE_HOST: 0.0.0.0 is not loopback: set HEADGATE_TLS_CERT and _KEY, or HEADGATE_PLAINTEXT=allow behind a TLS load balancer',
      ],
    ],
  ])('%j', (environment, expected) => {
    const settings = parseSettings(environment, textOfFile)
    expect(settings.ok ? [] : settings.error.map(({ name, message }) => `${name}: ${message}`)).toEqual(expected)
  })

  test('of a Service in the same namespace refuses nothing', () => {
    const environment = {
      HEADGATE_NATS_SERVICE_HOST: '10.96.0.8',
      HEADGATE_NATS_PORT: 'tcp://10.96.0.8:4222',
      HEADGATE_API_PORT: 'tcp://10.96.0.9:80',
    }
    expect(judgeVariables(environment)).toEqual({ mistyped: [], unknown: [] })
    expect(judgeVariables({ HEADGATE_NATS_PORT: '4222' }).mistyped).toHaveLength(1)
  })

  test('of others, and of clients, refuses nothing; what is unknown is named', () => {
    const environment = { HEADGATE_KEY: 'hg_x', HEADGATE_URL: 'http://127.0.0.1:8080', HEADGATE_REDIS_URL: 'redis://x' }
    expect(parseSettings(environment, textOfFile).ok).toBe(true)
    expect(judgeVariables(environment)).toEqual({
      mistyped: [],
      unknown: ['HEADGATE_KEY', 'HEADGATE_REDIS_URL', 'HEADGATE_URL'],
    })
  })
})
