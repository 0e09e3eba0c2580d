// The state store over the bus of a process: the thread that has the file or the connection serves it, the threads that
// answer requests ask. A question is a line of JSON with the value behind it, and so is an answer.
import { bounds } from '../../shared/bounds.ts'
import { fail, type Result } from '../../shared/result.ts'
import { type Bus, subjects } from '../bus/bus.ts'
import type { StateKey, StateRefusal, StateStore, StateTrouble } from './state-store.ts'

/** `forget` has an owner alone; its id is ''. */
type Question = StateKey & { readonly ask: 'get' | 'put' | 'delete' | 'forget' }
type Answer = Result<boolean | number | undefined, StateTrouble | StateRefusal> & { readonly hasValue?: boolean }

/** The time-out is longer than the one of the store itself, so that the store's own answer arrives first. */
const timeoutMs = 4_000

export class BusStateStore implements StateStore {
  readonly #bus: Bus
  #asking = 0
  #bytes = 0

  constructor(bus: Bus) {
    this.#bus = bus
  }

  async get(key: StateKey): Promise<Result<Uint8Array | undefined, StateTrouble>> {
    const { answer, value } = await this.#ask({ ...key, ask: 'get' }, nothing)
    return answer.ok ? { ok: true, value } : (answer as { ok: false; error: StateTrouble })
  }

  async put(key: StateKey, value: Uint8Array): Promise<Result<undefined, StateTrouble | StateRefusal>> {
    const { answer } = await this.#ask({ ...key, ask: 'put' }, value)
    return answer.ok ? { ok: true, value: undefined } : answer
  }

  async delete(key: StateKey): Promise<Result<boolean, StateTrouble>> {
    const { answer } = await this.#ask({ ...key, ask: 'delete' }, nothing)
    return answer as Result<boolean, StateTrouble>
  }

  async forget(owner: string): Promise<Result<number, StateTrouble>> {
    const { answer } = await this.#ask({ owner, id: '', ask: 'forget' }, nothing)
    return answer as Result<number, StateTrouble>
  }

  async close(): Promise<void> {}

  async #ask(question: Question, value: Uint8Array): Promise<{ answer: Answer; value: Uint8Array | undefined }> {
    if (this.#asking >= bounds.stateRequestsMax || this.#bytes + value.length > bounds.stateRequestBytesMax)
      return { answer: unavailable('too many requests wait'), value: undefined }
    this.#asking++
    this.#bytes += value.length
    const told = await this.#bus.request(subjects.stateRequest, frame(question, value), timeoutMs)
    this.#asking--
    this.#bytes -= value.length
    if (!told.ok) return { answer: unavailable(`nobody answers for it (${told.error.type})`), value: undefined }
    const { head, rest } = unframe<Answer>(told.value)
    return { answer: head, value: head.hasValue === true ? rest : undefined }
  }
}

/** Serves the state store to the other threads of this process. */
export function serveState(bus: Bus, store: StateStore): { stop(): void } {
  return bus.serve(subjects.stateRequest, async (payload) => {
    const { head, rest } = unframe<Question>(payload)
    const { ask, ...key } = head
    if (ask === 'put') return frame(await store.put(key, rest), nothing)
    if (ask === 'delete') return frame(await store.delete(key), nothing)
    if (ask === 'forget') return frame(await store.forget(key.owner), nothing)
    const found = await store.get(key)
    const value = found.ok ? found.value : undefined
    return frame(found.ok ? { ok: true, hasValue: value !== undefined } : found, value ?? nothing)
  })
}

const nothing = new Uint8Array(0)

function unavailable(message: string): Answer {
  return fail({ type: 'unavailable', message })
}

/** Builds a message in a buffer of its own: the bus transfers the whole memory of an array to another thread. */
function frame(head: object, rest: Uint8Array): Uint8Array {
  const line = new TextEncoder().encode(`${JSON.stringify(head)}\n`)
  const bytes = new Uint8Array(line.length + rest.length)
  bytes.set(line)
  bytes.set(rest, line.length)
  return bytes
}

function unframe<Head>(bytes: Uint8Array): { head: Head; rest: Uint8Array } {
  const end = bytes.indexOf(10)
  return { head: JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as Head, rest: bytes.subarray(end + 1) }
}
