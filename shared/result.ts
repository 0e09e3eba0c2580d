// An expected failure is a value: the compiler makes every caller look at it. A bug is a throw.
export type Result<Value, Refusal> = Done<Value> | Failed<Refusal>
export type Done<Value> = { readonly ok: true; readonly value: Value }
export type Failed<Refusal> = { readonly ok: false; readonly error: Refusal }

export function done<Value>(value: Value): Done<Value> {
  return { ok: true, value }
}

export function fail<Refusal>(error: Refusal): Failed<Refusal> {
  return { ok: false, error }
}
