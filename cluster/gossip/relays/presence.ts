// What nodes that relay tell all others: that they are there, and how many nodes there are. A node that is new is told all names by
// two of the others. In msgpack: `[2, node, boot, sequence, leaves, count]`, and `[3, names, boots]`.
import { decode, encode } from '@msgpack/msgpack'

export interface Hello {
  readonly node: string
  readonly boot: number
  readonly sequence: number
  readonly leaves: boolean
  /** The nodes of which the sender knows, itself included. */
  readonly count: number
}

export interface Named {
  readonly name: string
  readonly boot: number
}

const helloVersion = 2
const namesVersion = 3
const nodeNameMax = 256
const namesMax = 4_096
/** Names in one message. */
export const namesPerPage = 100

export function encodeHello({ node, boot, sequence, leaves, count }: Hello): Uint8Array {
  return encode([helloVersion, node, boot, sequence, leaves, count])
}

export function decodeHello(bytes: Uint8Array): Hello | undefined {
  const [version, node, boot, sequence, leaves, count] = valuesOf(bytes)
  if (version !== helloVersion || !isName(node) || !isCount(boot) || typeof leaves !== 'boolean') return undefined
  if (!isCount(sequence) || sequence === 0 || sequence >= 2 ** 32 || !isCount(count) || count >= 2 ** 32)
    return undefined
  return { node, boot, sequence, leaves, count }
}

export function encodeNames(named: readonly Named[]): Uint8Array {
  return encode([namesVersion, named.map(({ name }) => name), named.map(({ boot }) => boot)])
}

export function decodeNames(bytes: Uint8Array): Named[] | undefined {
  const [version, names, boots] = valuesOf(bytes)
  if (version !== namesVersion || !Array.isArray(names) || !Array.isArray(boots)) return undefined
  if (names.length !== boots.length || names.length > namesMax) return undefined
  return names.flatMap((name: unknown, index) => {
    const boot: unknown = boots[index]
    return isName(name) && isCount(boot) ? [{ name, boot }] : []
  })
}

function valuesOf(bytes: Uint8Array): unknown[] {
  try {
    const value = decode(bytes)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= nodeNameMax
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
