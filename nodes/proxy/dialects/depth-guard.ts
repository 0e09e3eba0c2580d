// JSON of an upstream may be nested so deeply that nothing can print it again. That is the upstream's fault and costs one
// answer; every other throw is a bug of ours and stays one.

export function unlessTooDeep<Value>(otherwise: Value, run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    if (error instanceof RangeError) return otherwise
    throw error
  }
}
