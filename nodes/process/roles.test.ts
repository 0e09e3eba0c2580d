import { describe, expect, test } from 'vitest'
import { planOf } from './roles.ts'

const nats = { servers: ['nats://127.0.0.1:4222'], credsFile: undefined, caFile: undefined, acceptsUnsigned: false }

describe('without NATS', () => {
  test('everything is one process', () => {
    expect(planOf('all', { nats: undefined, opsPort: undefined })).toEqual({
      proxy: true,
      threads: ['control', 'aggregator'],
      logIsMadeHere: true,
      opsPort: undefined,
    })
  })

  test.each(['proxy', 'aggregator', 'control'] as const)(
    'a %s of its own is refused, and told what is missing',
    (role) => {
      const refusal = planOf(role, { nats: undefined, opsPort: undefined })
      expect(refusal).toMatch(
        new RegExp(`^HEADGATE_NATS_URL: --role ${role} [\\s\\S]*HEADGATE_MASTER_KEY[\\s\\S]*npm run cluster`),
      )
    },
  )
})

describe('in a cluster', () => {
  test('only what serves requests has a data plane', () => {
    const roles = ['all', 'proxy', 'aggregator', 'control'] as const
    const plans = roles.map((role) => planOf(role, { nats, opsPort: undefined }))
    expect(plans.map((plan) => typeof plan !== 'string' && plan.proxy)).toEqual([true, true, false, false])
  })

  test('every role but all has an ops port by default, and the one it was given', () => {
    expect(planOf('proxy', { nats, opsPort: undefined })).toMatchObject({ opsPort: 9464 })
    expect(planOf('all', { nats, opsPort: undefined })).toMatchObject({ opsPort: undefined })
    expect(planOf('control', { nats, opsPort: 9999 })).toMatchObject({ opsPort: 9999 })
  })
})
