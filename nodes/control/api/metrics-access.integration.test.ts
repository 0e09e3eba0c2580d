// `/metrics` of the control port under `HEADGATE_METRICS_TOKEN`.
import { expect, test } from 'vitest'
import { adminToken, ask, startedControl } from '../testing/started-control.ts'

const token = 'scrape-0123456789abcdef'

test('with a token, metrics are for its bearer and for administrators, and the token opens nothing else', async () => {
  const control = await startedControl({ variables: { HEADGATE_METRICS_TOKEN: token } })
  const statusOf = async (path: string, bearer?: string) =>
    (await ask(control.url + path, 'GET', undefined, bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }))
      .status
  try {
    expect(await statusOf('/metrics')).toBe(401)
    const told = (await ask(`${control.url}/metrics`, 'GET')).json
    expect(told.detail).toContain('HEADGATE_METRICS_TOKEN')
    expect(await statusOf('/metrics', 'wrong-0123456789abcdef')).toBe(401)
    expect(await statusOf('/metrics', token)).toBe(200)
    expect(await statusOf('/metrics', adminToken)).toBe(200)
    expect(await statusOf('/api/v1/keys', token)).toBe(401)
    for (const path of ['/livez', '/readyz']) expect(await statusOf(path)).toBe(200)
  } finally {
    await control.remove()
  }
})
