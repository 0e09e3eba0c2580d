// What is watched of the stream of an attempt, for the holds that charge it while it runs.
import { expect, test } from 'vitest'
import type { Hold, StreamWatch } from '../accounting/outcome.ts'
import type { ExhaustedError } from '../errors/gateway-error.ts'
import { testTarget } from '../providers/test-connect.ts'
import { watchOf } from './stream-watch.ts'

const target = testTarget({ kind: 'openai' }, { model: 'claude-x' })
const watched = { target, estimatedInput: 7 }
const exhausted: ExhaustedError = { type: 'limit-exhausted', name: 'small' }

class Watching implements Hold {
  readonly looks: number[] = []
  readonly mayCut: boolean
  readonly #at: number
  constructor(at = Number.POSITIVE_INFINITY) {
    this.mayCut = Number.isFinite(at)
    this.#at = at
  }
  settle(): void {}
  watch(): StreamWatch {
    const look = (output: number) => {
      this.looks.push(output)
      return output >= this.#at ? exhausted : undefined
    }
    return { mayCut: this.mayCut, look }
  }
}

const holding: Hold = { settle: () => {} }
const streamWith = (bytes: number, complete = false) => ({
  complete,
  outputSoFar: (bytesPerToken: number) => bytes / bytesPerToken,
})

test('nothing is watched where no hold charges streams', () => {
  expect([watchOf(undefined, watched), watchOf([], watched)]).toEqual([undefined, undefined])
  expect(watchOf([holding, { ...holding, watch: () => undefined }], watched)).toBeUndefined()
})

test('every hold is told the output so far, in tokens of the model', () => {
  const holds = [new Watching(100), new Watching()]
  const watch = watchOf([holding, ...holds], watched)
  expect(watch?.look(streamWith(350))).toEqual(exhausted)
  expect(holds.map(({ looks }) => looks)).toEqual([[100], [100]])
})

test('a stream that only lacks its end is not ended', () => {
  expect(watchOf([new Watching(1)], watched)?.look(streamWith(350, true))).toBeUndefined()
})

test('it tells whether it may end a stream', () => {
  expect(watchOf([new Watching()], watched)?.mayCut).toBe(false)
  expect(watchOf([new Watching(), new Watching(9)], watched)?.mayCut).toBe(true)
})
