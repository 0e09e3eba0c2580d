// Chat completions: the calls of one choice of a stream.
import { choicesMax } from '../../../../shared/chat/answer.ts'
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject, saidIn } from '../common/body-reader.ts'
import { readSignature } from './thought-signature.ts'

interface StreamCall {
  readonly id: string
  readonly index: number
  readonly part: number
  readonly custom: boolean
  input: string
  /** Whether the input is an empty object that was not told yet. */
  isHeld: boolean
}

/** Closes what is open, and returns the number of the part of a new call. */
type Begin = (emit: Emit) => number

export class StreamCalls {
  readonly #choice: number
  readonly #toolNames: ReadonlyMap<unknown, string> | undefined
  #calls: StreamCall[] = []
  #count = 0
  /** Fragments that came before the name of their call, by its index. */
  readonly #waiting = new Map<number, { readonly id: string; readonly text: string }>()

  constructor(choice: number, toolNames: ReadonlyMap<unknown, string> | undefined) {
    this.#choice = choice
    this.#toolNames = toolNames
  }

  get isAny(): boolean {
    return this.#count > 0
  }

  read(value: Json, emit: Emit, begin: Begin): void {
    if (!isObject(value)) return
    const custom = value['custom']
    const called = isObject(custom) ? custom : isObject(value['function']) ? value['function'] : {}
    const call = this.#known(value, called) ?? this.#start(value, called, { custom: isObject(custom), emit, begin })
    const text = inputOf(isObject(custom) ? custom['input'] : called['arguments'])
    if (call === undefined) {
      this.#wait(value, text)
      return
    }
    if (text !== '' && !isRepeated(call, text)) this.#say(call, text, emit)
  }

  /** Some hosts begin with an empty object, and tell the arguments behind it (openai/openai-agents-js#712). */
  #say(call: StreamCall, text: string, emit: Emit): void {
    const isHeld = call.input === '' && text === '{}'
    const isReplaced = call.isHeld && text.startsWith('{')
    const told = call.isHeld && !isReplaced ? call.input + text : text
    call.input = isReplaced ? text : call.input + text
    call.isHeld = isHeld
    if (!isHeld) emit({ type: 'tool-input-delta', choice: this.#choice, part: call.part, text: told })
  }

  /** Keeps the fragments of a call whose name comes later. */
  #wait(value: JsonObject, text: string): void {
    const index = indexOf(value) ?? this.#count
    const { id, text: before } = this.#waiting.get(index) ?? { id: '', text: '' }
    this.#waiting.set(index, { id: idOf(value) || id, text: before + text })
  }

  end(emit: Emit): void {
    const choice = this.#choice
    for (const { part, input, custom, isHeld } of this.#calls) {
      // A call of a function without arguments gets an empty object.
      if (isHeld || (input === '' && !custom)) emit({ type: 'tool-input-delta', choice, part, text: '{}' })
      emit({ type: 'tool-input-end', choice, part })
    }
    this.#calls = []
  }

  /** The call that a fragment belongs to; undefined where it begins a call, because its index or id is new. Hosts that omit the index
   *  or repeat it send calls whole, one after the other. */
  #known(value: JsonObject, called: JsonObject): StreamCall | undefined {
    const id = idOf(value)
    const given = indexOf(value)
    const known = given === undefined ? this.#named(id) : this.#calls.findLast((call) => call.index === given)
    if (saidIn(called['name']) === undefined || this.#count >= choicesMax) return known
    const isKnown = known !== undefined && (id === '' ? !beginsAnew(known.input, called) : id === known.id)
    return isKnown ? known : undefined
  }

  /** The call of an id; without one the last call. */
  #named(id: string): StreamCall | undefined {
    return (id === '' ? undefined : this.#calls.findLast((call) => call.id === id)) ?? this.#calls.at(-1)
  }

  #start(
    value: JsonObject,
    called: JsonObject,
    { custom, emit, begin }: { custom: boolean; emit: Emit; begin: Begin },
  ): StreamCall | undefined {
    const name = saidIn(called['name'])
    if (name === undefined || this.#count >= choicesMax) return undefined
    const part = begin(emit)
    const choice = this.#choice
    const index = indexOf(value) ?? this.#count
    const waiting = this.#waiting.get(index)
    this.#waiting.delete(index)
    const id = idOf(value) || waiting?.id || `call_${choice}_${part}`
    const call = { id, index, part, input: waiting?.text ?? '', custom, isHeld: false }
    this.#calls.push(call)
    this.#count++
    const sealed = readSignature(value)
    const told = this.#toolNames?.get(name) ?? name
    const form = custom ? 'custom' : 'function'
    emit({ type: 'tool-input-start', choice, part, id, name: told, form, signed: sealed !== undefined })
    if (sealed !== undefined) emit({ type: 'signature', choice, part, sealed })
    if (call.input !== '') emit({ type: 'tool-input-delta', choice, part, text: call.input })
    return call
  }
}

const idOf = ({ id }: JsonObject): string => (typeof id === 'string' ? id : '')

/** Some hosts write the input as the object that it is. */
function inputOf(input: Json): string {
  return typeof input === 'string' ? input : isObject(input) ? JSON.stringify(input) : ''
}

/** Some hosts write the index as a text. */
function indexOf({ index }: JsonObject): number | undefined {
  const given = typeof index === 'string' && /^\d+$/.test(index) ? Number(index) : index
  return typeof given === 'number' ? given : undefined
}

/** Whether a fragment without an id is a whole call of its own, behind another whole call. */
function beginsAnew(input: string, { arguments: more }: JsonObject): boolean {
  return input !== '' && (isObject(more) || (typeof more === 'string' && isWhole(more))) && isWhole(input)
}

/** Whether a fragment is all of the arguments again: behind a whole object nothing can follow (64bit/async-openai#329). */
function isRepeated({ input, custom }: StreamCall, text: string): boolean {
  return !custom && text === input && text.startsWith('{') && isWhole(text)
}

function isWhole(input: string): boolean {
  return isObject(tryParseExact(input))
}
