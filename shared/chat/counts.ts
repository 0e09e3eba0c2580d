// The numbers that multiply what a request costs.

/** OpenAI's bound of `n`. Source: the API reference of chat completions and completions. */
export const answersMax = 128
export const capMax = Number.MAX_SAFE_INTEGER

/** Whether a server could mean something by it. 0 and -1 are for the upstream to judge: some take them for no cap. */
export function isCount(amount: number | undefined, max: number): boolean {
  return amount !== undefined && Number.isInteger(amount) && amount >= -1 && amount <= max
}
