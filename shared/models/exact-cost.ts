// Sums of money without an error. Rates are whole pico-dollars (10⁻¹² USD): 1 USD per million tokens is 1,000,000 of them for a token.
// Products and sums are exact, and one sum is rounded once, to nano-dollars.

const picoPerNano = 1_000
const digitsMax = 12

/** A rate in USD as whole pico-dollars. It is read from its decimal digits: 1.005 times a million is not 1,005,000 in floating point.
 *  A digit below a pico-dollar is rounded, a half upwards. */
export function picoOf(usd: number, per = 1): number {
  const [digits = '0', exponent = '0'] = usd.toExponential().split('e')
  const [whole = '0', fraction = ''] = digits.split('.')
  const shift = Number(exponent) - fraction.length + digitsMax
  const scaled = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, shift))
  return Number(divided(scaled, 10n ** BigInt(Math.max(0, -shift)) * BigInt(per)))
}

/** The pico-dollars of one token at a price for a million. */
export function picoPerToken(usdPerMTok: number): number {
  return picoOf(usdPerMTok, 1_000_000)
}

/** The sum of counts at their rates. It is a number as long as the number is exact, and a BigInt beyond. */
export class ExactCost {
  #small = 0
  #large = 0n

  /** `count` is whole; what an upstream tells beyond that is cut off. */
  add(count: number, pico: number): this {
    const whole = wholeCount(count)
    const sum = this.#small + whole * pico
    if (sum <= Number.MAX_SAFE_INTEGER) this.#small = sum
    else this.#large += BigInt(whole) * BigInt(pico)
    return this
  }

  /** An amount with a fraction, such as seconds of sound: to a millionth of it. */
  addPart(amount: number, pico: number): this {
    const millionths = BigInt(wholeCount(Math.round(amount * 1e6)))
    this.#large += divided(millionths * BigInt(pico), 1_000_000n)
    return this
  }

  /** Rounded to the nearest nano-dollar, a half upwards. */
  get nanoUsd(): number {
    return this.#rounded(picoPerNano / 2)
  }

  /** Rounded up: a bound must not be below the cost. */
  get nanoUsdUp(): number {
    return this.#rounded(picoPerNano - 1)
  }

  /** An amount beyond what a number can hold, of 9 million USD, is the largest one that it holds. */
  #rounded(added: number): number {
    if (this.#large === 0n) {
      const rest = this.#small % picoPerNano
      return (this.#small - rest) / picoPerNano + (rest + added >= picoPerNano ? 1 : 0)
    }
    const nano = (this.#large + BigInt(this.#small) + BigInt(added)) / BigInt(picoPerNano)
    return nano > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(nano)
  }
}

function divided(amount: bigint, by: bigint): bigint {
  return (2n * amount + by) / (2n * by)
}

function wholeCount(count: number): number {
  if (!(count > 0)) return 0
  return count < Number.MAX_SAFE_INTEGER ? Math.floor(count) : Number.MAX_SAFE_INTEGER
}
