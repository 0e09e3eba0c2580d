// Upstream JSON may be nested so deeply that it cannot be printed again. That is the upstream's fault and fails one
// answer; any other exception is a bug of ours and is rethrown.

export function unlessTooDeep<Value>(otherwise: Value, run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    if (error instanceof RangeError) return otherwise
    throw error
  }
}
