// Assembles the arguments of a call from pieces, each with the path of its value, for example `$.steps[0].text`.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

/** Limits on what a model sends: the depth of a path, and the gap that an index leaves in a list. */
const depthMax = 64
const listGapMax = 16

type Node = Record<string, Json> | Json[]

export class PartialArguments {
  readonly #root: Record<string, Json> = Object.create(null)
  /** The path of a text that the next piece continues. */
  #openPath: string | undefined

  constructor(args: Json) {
    if (isObject(args)) Object.assign(this.#root, args)
  }

  add(piece: JsonObject): void {
    const path = piece['jsonPath'] ?? piece['json_path']
    if (typeof path !== 'string') return
    const keys = keysOf(path)
    if (keys === undefined) return
    const goesOn = this.#openPath === path
    this.#openPath = (piece['willContinue'] ?? piece['will_continue']) === true ? path : undefined
    this.#put(keys, pieceValue(piece), goesOn)
  }

  get text(): string {
    return JSON.stringify(this.#root)
  }

  #put(keys: readonly (string | number)[], value: Json, goesOn: boolean): void {
    let node: Node = this.#root
    for (const [i, key] of keys.entries()) {
      if (Array.isArray(node) && (typeof key !== 'number' || key > node.length + listGapMax)) return
      if (i === keys.length - 1) {
        const before = childOf(node, key)
        setChild(node, key, goesOn && typeof before === 'string' && typeof value === 'string' ? before + value : value)
        return
      }
      const child = childOf(node, key)
      const next: Node = isNode(child) ? child : typeof keys[i + 1] === 'number' ? [] : Object.create(null)
      if (next !== child) setChild(node, key, next)
      node = next
    }
  }
}

function childOf(node: Node, key: string | number): Json {
  return Object.hasOwn(node, key) ? (node as Record<string | number, Json>)[key] : undefined
}

/** Defines the member as an own property, even for the name `__proto__`. */
function setChild(node: Node, key: string | number, value: Json): void {
  if (Array.isArray(node)) while (node.length < Number(key)) node.push(null)
  Object.defineProperty(node, key, { value, configurable: true, enumerable: true, writable: true })
}

function isNode(value: Json): value is Node {
  return Array.isArray(value) || isObject(value)
}

function pieceValue(piece: JsonObject): Json {
  const value =
    piece['stringValue'] ??
    piece['string_value'] ??
    piece['numberValue'] ??
    piece['number_value'] ??
    piece['boolValue'] ??
    piece['bool_value']
  return value ?? null
}

const step = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy

/** The keys of a path; undefined when the path does not name a single value. */
function keysOf(path: string): (string | number)[] | undefined {
  if (!path.startsWith('$') || path.length === 1) return undefined
  const keys: (string | number)[] = []
  step.lastIndex = 1
  while (step.lastIndex < path.length) {
    const match = step.exec(path)
    if (match === null || keys.length >= depthMax) return undefined
    const [, name, index, single, double] = match
    keys.push(index === undefined ? (name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1')) : Number(index))
  }
  return keys
}
