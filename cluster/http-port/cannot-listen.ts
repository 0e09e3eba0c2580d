// Why a port of the gateway cannot be opened, with what to do about it.

export interface ListenProblem {
  /** The variable that sets the port. */
  readonly variable: 'HEADGATE_PORT' | 'HEADGATE_CONTROL_PORT' | 'HEADGATE_OPS_PORT'
  readonly host: string
  readonly port: number
  /** The code of the system error. Undefined where it is not told. */
  readonly code?: string | undefined
}

export function cannotListen({ variable, host, port, code }: ListenProblem): string {
  const why =
    reasons[code ?? '']?.(variable) ?? `${unknown}${code === undefined ? '' : ` (${code})`}. ${freeIt(variable)}`
  return `${variable}: cannot listen on ${host.includes(':') ? `[${host}]` : host}:${port}: ${why}.`
}

const unknown = "the port is taken or the address is not this machine's"

const reasons: Readonly<Record<string, (variable: string) => string>> = {
  EADDRINUSE: (variable) => `the port is taken. ${freeIt(variable)}`,
  EADDRNOTAVAIL: () => "the address is not this machine's. Set HEADGATE_HOST to one that is",
  ENOTFOUND: () => 'the host name is not known. Set HEADGATE_HOST to an address of this machine',
  EACCES: (variable) => `this user may not open the port. Set ${variable} to a port from 1024 up`,
}

function freeIt(variable: string): string {
  return `Stop what listens there, or set ${variable} to a free port`
}
