// Notices as lines: JSON by default, pretty on a terminal. The one place where a notice becomes text.
import pino from 'pino'
import { type Notice, type Notify, noticeLevel } from '../../shared/notice.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export async function openNoticeLog(level: LogLevel): Promise<Notify> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const logger = process.stdout.isTTY
    ? pino(
        options,
        (await import('pino-pretty')).default({ colorize: !process.env['NO_COLOR'], sync: true, ignore: 'event' }),
      )
    : pino(options, pino.destination({ dest: 1, sync: true }))
  return (notice) => {
    const { type, ...fields } = notice
    logger[noticeLevel[type]]({ event: type, ...fields }, sentence(notice))
  }
}

function sentence(notice: Notice): string {
  switch (notice.type) {
    case 'started':
      return `started in ${notice.tookMs} ms`
    case 'config-degraded':
    case 'config-damaged':
      return `configuration: ${notice.reason}`
    case 'upstream-unreachable':
    case 'warning':
      return notice.message
    default:
      return notice.type.replaceAll('-', ' ')
  }
}
