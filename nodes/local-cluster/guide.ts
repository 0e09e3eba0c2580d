// What a person reads once the cluster is there: where it is, how to use it, and how to break it.
import { relative } from 'node:path'
import type { Member } from './members.ts'

export interface GuideFacts {
  readonly version: string
  readonly endpoint: string
  /** Lines that the control node printed of itself, such as its console link. */
  readonly controlLines: readonly string[]
  readonly curl: string | undefined
  readonly members: readonly Member[]
  readonly natsPidFiles: readonly string[]
  readonly folder: string
  /** The control port, if it is not the usual one. */
  readonly controlPort: string | undefined
}

export function guide(facts: GuideFacts): string {
  const { members, natsPidFiles, folder } = facts
  const home = relative('.', folder) || '.'
  const control = members.find(({ role }) => role === 'control')
  const pidOf = (file: string) => `$(cat ${relative('.', file)})`
  const member = (role: string) => pidOf(`${members.find((one) => one.role === role)?.dataDir}/lock.pid`)
  const port = facts.controlPort === undefined ? '' : `HEADGATE_CONTROL_PORT=${facts.controlPort} `
  const lines = [
    ...[
      '',
      `Headgate ${facts.version}, a cluster of ${members.length} nodes on ${natsPidFiles.length} NATS servers`,
      '',
    ],
    `  Endpoint   ${facts.endpoint}/v1`,
    ...facts.controlLines,
    ...members.map(({ spec, ops }) => `  Ops        ${ops}   ${spec.name}`),
    `  Data       ${home}`,
    ...(facts.curl === undefined ? [] : ['', 'Try it:', '', facts.curl]),
    ...['', 'Break it, and ask again meanwhile. What ends is started again within a second:', ''],
    command(`kill -9 ${member('proxy')}`, 'a proxy: the other one takes new connections'),
    command(`kill -9 ${member('aggregator')}`, 'an aggregator: its share of usage moves within 5 s'),
    command(`kill -9 ${member('control')}`, 'the control node: requests go on'),
    command(`kill -9 ${pidOf(natsPidFiles[0]!)}`, 'a NATS server: another one leads within seconds'),
    command(
      `kill -STOP ${natsPidFiles.map(pidOf).join(' ')}`,
      'all of NATS stands still: requests go on, changes wait',
    ),
    command(`kill -CONT ${natsPidFiles.map(pidOf).join(' ')}`, '… and goes on'),
    ...['', 'See it:', ''],
    command(
      `${port}HEADGATE_DATA_DIR=${relative('.', control?.dataDir ?? '')} npm run headgate -- status`,
      'what every node says of itself',
    ),
    ...['', 'Ctrl-C ends it; the next start goes on where this one ended.', ''],
  ]
  return `${lines.join('\n')}\n`
}

function command(text: string, what: string): string {
  return `  ${text}\n      ${what}`
}
