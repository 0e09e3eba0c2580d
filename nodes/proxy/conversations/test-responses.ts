// Stored responses for tests, in a store whose time and troubles are the test's.
import { openMemoryState } from '../../../cluster/state/memory-state-store.ts'
import type { StateStore } from '../../../cluster/state/state-store.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { fail } from '../../../shared/result.ts'
import { ResponseStore } from './response-store.ts'
import { encodeStored, type LocalResponse } from './stored-response.ts'

export class TestResponses {
  readonly #clock = new ManualClock()
  readonly #memory = openMemoryState({ clock: this.#clock })
  #isAway = false
  /** How often the store was asked. */
  asked = 0

  readonly store = new ResponseStore({
    get: (key) => this.#reached(() => this.#memory.get(key)),
    put: (key, value) => this.#reached(() => this.#memory.put(key, value)),
    delete: (key) => this.#reached(() => this.#memory.delete(key)),
    forget: (owner) => this.#reached(() => this.#memory.forget(owner)),
    close: () => this.#memory.close(),
  } satisfies StateStore)

  /** Stores a response where an earlier release did. */
  async keepFormer(owner: string, id: string, stored: LocalResponse): Promise<void> {
    await this.#memory.put({ owner, id, former: true }, encodeStored(stored))
  }

  /** Makes every later call of the store fail. */
  leave(): void {
    this.#isAway = true
  }

  passDays(days: number): void {
    this.#clock.advance(days * 86_400_000)
  }

  #reached<Answer>(ask: () => Promise<Answer>) {
    this.asked++
    return this.#isAway ? Promise.resolve(fail({ type: 'unavailable', message: 'it is away' } as const)) : ask()
  }
}

export function kept(id: string, chain: readonly string[] = [], chainBytes = 0): LocalResponse {
  return {
    type: 'kept',
    chain,
    chainBytes,
    response: { id, output: [{ type: 'message', id: `msg_${id}`, role: 'assistant', content: [] }] },
    input: [{ id: `in_${id}`, type: 'message', role: 'user', content: `question of ${id}` }],
    parts: [{ type: 'text', text: `answer of ${id}` }],
  }
}

export function scanOf(body: object): BodyScan {
  const scan = new BodyScan()
  const problem = scanBody(Buffer.from(JSON.stringify(body)), scan)
  if (problem !== undefined) throw new Error(problem.type)
  return scan
}
