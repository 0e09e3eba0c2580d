/** Dollars of whole nano-dollars, as the double nearest to the decimal: 1 nano-dollar is 1e-9, not 9.999…e-10. */
export function usdOf(nanos: bigint): number {
  return Number(`${nanos}e-9`)
}

/** Dollars of whole nano-dollars, exactly: `-0.000001500`. */
export function usdText(nanos: bigint): string {
  const digits = String(nanos < 0n ? -nanos : nanos).padStart(10, '0')
  return `${nanos < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`
}
