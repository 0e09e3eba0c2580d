/** Dollars of whole nano-dollars, as the double nearest to the decimal: 1 nano-dollar is 1e-9, not 9.999…e-10. */
export function usdOf(nanos: bigint): number {
  return Number(`${nanos}e-9`)
}
