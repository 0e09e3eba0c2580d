// The half of a session that the cookie is not. Browsers send a cookie to every port of the host; the storage of a page belongs to
// its scheme, host and port. So a program behind another port that is sent the cookie cannot use the session.

export interface SessionSecret {
  read(): string
  keep(secret: string): void
  forget(): void
}

const name = 'headgate-csrf'

/** `storage` is that of the browser, for all tabs. Where it is shut off, the secret lasts as long as the page. */
export function sessionSecretIn(storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): SessionSecret {
  let held = ''
  const guarded = <Value>(run: () => Value, otherwise: Value): Value => {
    try {
      return run()
    } catch {
      return otherwise
    }
  }
  return {
    read: () => guarded(() => storage().getItem(name) ?? '', '') || held,
    keep(secret) {
      held = secret
      guarded(() => storage().setItem(name, secret), undefined)
    },
    forget() {
      held = ''
      guarded(() => storage().removeItem(name), undefined)
    },
  }
}

/** The secret behind the `#` of an address to which the sign-in form without scripts has led. */
export function secretInFragment(hash: string): string | undefined {
  return /^#csrf=([\w-]{43})$/.exec(hash)?.[1]
}
