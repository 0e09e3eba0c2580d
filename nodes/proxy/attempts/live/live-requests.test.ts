import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { testRequest } from '../../request/test-request.ts'
import { type LiveRequest, LiveRequests } from './live-requests.ts'

/** Leaves the list when it is cut, as everything in it does. */
class Open implements LiveRequest {
  readonly request = testRequest().request
  readonly sessionModels = undefined
  readonly cuts: GatewayError[] = []
  livePrevious: LiveRequest | undefined
  liveNext: LiveRequest | undefined
  readonly #list: LiveRequests

  constructor(list: LiveRequests) {
    this.#list = list
    list.add(this)
  }

  cut(error: GatewayError): void {
    this.cuts.push(error)
    this.#list.delete(this)
  }
}

const error: GatewayError = { type: 'unknown-key' }

test('those for which there is a reason are cut, each once; the others stay', () => {
  const list = new LiveRequests()
  const [first, second, third] = [new Open(list), new Open(list), new Open(list)]
  list.cut((one) => (one === second ? undefined : error))
  expect([first.cuts, second.cuts, third.cuts]).toEqual([[error], [], [error]])
  expect(list.size).toBe(1)
})

test('the list holds what was added and is not deleted, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 40 }), (choices) => {
      const list = new LiveRequests()
      const open: Open[] = []
      for (const choice of choices) {
        const gone = choice < 5 ? open.splice(choice, 1)[0] : undefined
        if (gone === undefined) open.unshift(new Open(list))
        else list.delete(gone)
      }
      const seen: LiveRequest[] = []
      list.cut((one) => void seen.push(one))
      expect(seen).toEqual(open)
      expect(list.size).toBe(open.length)
    }),
  )
})
