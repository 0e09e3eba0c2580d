// What the strict checkers of the providers' published limits have in common.

/** A request as a provider gets it. */
export interface SentRequest {
  readonly path: string
  readonly model: string
  // biome-ignore lint/suspicious/noExplicitAny: checkers read bodies whose shape is in question
  readonly body: any
}

/** The published limits that a request breaks. */
export type StrictCheck = (sent: SentRequest) => readonly string[]

export class Violations {
  readonly list: string[] = []

  /** `holds`: undefined counts as false. */
  must(holds: boolean | undefined, what: string): void {
    if (holds !== true) this.list.push(what)
  }

  /** An absent value is within all limits. */
  within(value: unknown, min: number, max: number, what: string): void {
    if (value === undefined) return
    this.must(
      typeof value === 'number' && value >= min && value <= max,
      `${what} is within ${min} and ${max}: ${value}`,
    )
  }

  whole(value: unknown, min: number, what: string): void {
    if (value !== undefined)
      this.must(Number.isInteger(value) && Number(value) >= min, `${what} is a whole number from ${min}: ${value}`)
  }

  distinct(values: readonly unknown[], what: string): void {
    this.must(new Set(values).size === values.length, `${what} are distinct: ${values}`)
  }

  matches(value: unknown, pattern: RegExp, what: string): void {
    this.must(typeof value === 'string' && pattern.test(value), `${what} matches ${pattern}: ${JSON.stringify(value)}`)
  }

  oneOf(value: unknown, known: readonly unknown[], what: string): void {
    if (value !== undefined) this.must(known.includes(value), `${what} is one of ${known}: ${value}`)
  }
}

export function isBlankText(text: unknown): boolean {
  return typeof text !== 'string' || text.trim() === ''
}

/** Every object schema within a schema. */
export function objectSchemas(schema: unknown): { additionalProperties?: unknown; required?: string[] }[] {
  const found: { additionalProperties?: unknown }[] = []
  JSON.stringify(schema, (_, value) => {
    if (value?.type === 'object') found.push(value)
    return value
  })
  return found
}

/** Values of a member, wherever it stands, in the order of the text. */
export function membersOf(value: unknown, name: string): unknown[] {
  const found: unknown[] = []
  JSON.stringify(value, (key, one) => {
    if (key === name && one !== undefined) found.push(one)
    return one
  })
  return found
}
