// What the exit status says, for scripts. Documented in docs/cli.md.
export const exitCode = {
  ok: 0,
  /** It ran and the answer is no: differences with `--exit-code`, findings of `doctor`, something that is not there. */
  no: 1,
  usage: 2,
  unreachable: 3,
  unauthorized: 4,
  /** The document or the request does not hold together; every problem was printed. */
  invalid: 5,
  /** Others were faster (409), or `If-Match` did not hold (412). */
  conflict: 6,
  /** The configuration log is damaged, forged or rewound. */
  damaged: 7,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
