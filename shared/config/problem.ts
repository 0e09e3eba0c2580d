// What is wrong with a configuration, and where. Every check gives a list of these, so that an operator sees all problems
// at once. A message says what was expected and never repeats more than 64 characters of what came.

export interface Problem {
  /** `models.fast.targets[0].provider`; names that hold other characters stand in brackets: `models["gpt-4.1"]`. */
  path: string
  message: string
  /** `unsupported`: a part of the public surface that this version does not enforce. It is refused rather than ignored. */
  kind: 'invalid' | 'unsupported'
  /** The place in the document that was read; line and column count from 1. */
  line?: number
  column?: number
}

export type PathSegment = string | number

export function invalid(path: readonly PathSegment[], message: string): Problem {
  return { path: formatPath(path), message, kind: 'invalid' }
}

export function unsupported(path: readonly PathSegment[], what: string): Problem {
  return { path: formatPath(path), message: `${what} not enforced by this version`, kind: 'unsupported' }
}

export function formatPath(path: readonly PathSegment[]): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (!/^[A-Za-z0-9_-]{1,64}$/.test(segment)) text += `[${quote(segment)}]`
    else text += text === '' ? segment : `.${segment}`
  }
  return text
}

/** Puts a text in double quotes, escapes control characters, and cuts it after 64 characters. */
export function quote(text: string): string {
  const escaped = JSON.stringify(text.length > 64 ? `${text.slice(0, 63)}…` : text)
  return escaped.replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
