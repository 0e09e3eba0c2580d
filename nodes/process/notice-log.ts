// Notices as lines: JSON, or plain words on a terminal. The one place where a notice becomes text.
import type { Clock } from '../../shared/clock.ts'
import { type Notice, type Notify, noticeLevel } from '../../shared/notice.ts'
import { cell, paint, type Terminal } from '../cli/terminal.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface NoticeLogOptions {
  /** Notices below it are not written. */
  readonly level: LogLevel
  readonly clock: Pick<Clock, 'wallMs'>
  readonly terminal: Pick<Terminal, 'out' | 'colours'>
  /** Plain lines are for people; otherwise each line is one JSON value. */
  readonly isPlain: boolean
}

/** Levels as numbers of pino and bunyan, which many collectors know. */
const severity = { debug: 20, info: 30, warn: 40, error: 50 } as const satisfies Record<LogLevel, number>
const colour = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' } as const satisfies Record<LogLevel, string>

export function openNoticeLog({ level: least, clock, terminal, isPlain }: NoticeLogOptions): Notify {
  const print = isPlain ? plainLine : jsonLine
  return (notice) => {
    const level = noticeLevel[notice.type]
    if (severity[level] < severity[least]) return
    terminal.out(print(notice, { level, time: new Date(clock.wallMs()).toISOString(), terminal }))
  }
}

interface LineFacts {
  readonly level: LogLevel
  readonly time: string
  readonly terminal: Pick<Terminal, 'colours'>
}

function jsonLine(notice: Notice, { level, time }: LineFacts): string {
  const { type, ...fields } = notice
  return JSON.stringify({ level: severity[level], time, event: type, ...fields, msg: sentence(notice) })
}

/** Control characters are shown, not sent: some fields quote strangers. */
function plainLine(notice: Notice, { level, time, terminal }: LineFacts): string {
  const { type, ...fields } = notice
  const said = sentence(notice)
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== said)
    .map(([name, value]) => paint(terminal, 'dim', `${name}=${cell(value)}`))
  const word = paint(terminal, colour[level], level.toUpperCase().padEnd(5))
  return [time.slice(11, 23), word, cell(said), ...facts].join(' ')
}

function stoppingSentence({ signal, openRequests }: Extract<Notice, { type: 'stopping' }>): string {
  if (openRequests === 0) return 'stopping'
  const open = openRequests === 1 ? '1 request is open' : `${openRequests} requests are open`
  return `${open}; ${signal === 'SIGINT' ? 'press Ctrl-C again' : 'send a second signal'} to end at once`
}

function sentence(notice: Notice): string {
  switch (notice.type) {
    case 'started':
      return `started in ${notice.tookMs} ms`
    case 'stopping':
      return stoppingSentence(notice)
    case 'config-degraded':
    case 'config-damaged':
      return `configuration: ${notice.reason}`
    case 'trouble':
      return notice.reason
    case 'trouble-over':
      return `it is over: ${notice.reason}`
    case 'upstream-unreachable':
    case 'warning':
      return notice.message
    default:
      return notice.type.replaceAll('-', ' ')
  }
}
