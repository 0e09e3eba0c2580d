// Goes on with a value that may have to be waited for. A request that waits for nothing costs no promise; whatever throws while
// one waits ends in `onBug`.
export function proceed<Value>(
  value: Value | Promise<Value>,
  next: (value: Value) => void,
  onBug: (error: unknown) => void,
): void {
  if (value instanceof Promise) value.then(next).catch(onBug)
  else next(value)
}
