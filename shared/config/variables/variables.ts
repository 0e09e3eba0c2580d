// `${VAR}` and `${VAR:-default}` in the text of a document; `$${` stands for a plain `${`.

export interface ExpandedText {
  text: string
  problems: string[]
  /** Variables that have no value and no default. */
  unset: string[]
  /** Variables that are set to nothing and have no default. */
  empty: string[]
}

/** `:-` stands in for a set but empty variable too, as in a shell.
 *  Without an environment every variable is a problem. Values are put in as they are and not expanded again. */
export function expandVariables(
  text: string,
  env: Readonly<Record<string, string | undefined>> | undefined,
): ExpandedText {
  const problems: string[] = []
  const unset: string[] = []
  const empty: string[] = []
  const expanded = text.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole, inside: string | undefined, end: string) => {
    if (inside === undefined) return '${'
    const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside) ?? []
    if (name === undefined || end === '') {
      problems.push(`a variable is written \${NAME} or \${NAME:-default}; $\${ stands for a plain \${`)
      return whole
    }
    if (env === undefined) {
      problems.push(`\${${name}} is filled in only for a document of this machine`)
      return whole
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (fallback !== undefined && (value === undefined || value === '')) return fallback
    if (value === undefined) unset.push(name)
    if (value === '') empty.push(name)
    return value ?? ''
  })
  return { text: expanded, problems, unset, empty }
}
