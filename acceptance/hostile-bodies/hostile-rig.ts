// A gateway, an upstream that reads everything, one team that sends hostile bodies and another that is served meanwhile. The
// upstream and the other team have processes of their own, so that waits are the gateway's.
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { scriptArguments } from '../../loadtest/child-arguments.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'
import type { HostileBody } from './corpus.ts'
import type { Heard } from './neighbour.fixture.ts'

export interface HostileAnswer {
  /** The status; 0 where the connection was lost. */
  readonly status: number
  /** The code of the error; '' without one. */
  readonly code: string
  readonly text: string
}

export interface HostileRig {
  readonly gateway: Gateway
  send(hostile: Pick<HostileBody, 'path' | 'headers'>, body: Buffer): Promise<HostileAnswer>
  /** What the other team has heard since it was last asked. */
  heard(): Promise<Heard>
  /** Resident memory of the gateway, in MiB. */
  residentMb(): number
  stop(): Promise<void>
}

export interface HostileRigOptions {
  readonly environment?: Record<string, string>
  /** The file of a control group that the gateway joins. */
  readonly groupFile?: string | undefined
}

export async function startHostileRig({ environment = {}, groupFile }: HostileRigOptions = {}): Promise<HostileRig> {
  const sink = start('./sink-upstream.fixture.ts')
  const port = await told<number>(sink)
  const url = `http://127.0.0.1:${port}`
  const credentials = [{ name: 'main', apiKey: 'sk-claude' }]
  const gateway = await startGateway({
    groupFile,
    environment: { HEADGATE_LOG_LEVEL: 'warn', ...environment },
    config: {
      providers: { open: providerAt(url), claude: { kind: 'anthropic', baseUrl: url, credentials } },
      models: { plain: modelOn('open', 'gpt-x'), claude: modelOn('claude', 'claude-sonnet-4-5') },
      teams: { hostile: {}, other: {} },
    },
  })
  const { secret } = await gateway.issueKey({ owner: { team: 'hostile' } })
  const other = await gateway.issueKey({ owner: { team: 'other' } })
  const neighbour = start('./neighbour.fixture.ts', `${gateway.port}`, other.secret)
  return {
    gateway,
    send: (hostile, body) => post(gateway.port, { authorization: `Bearer ${secret}` }, { hostile, body }),
    async heard() {
      neighbour.send('tell')
      return told<Heard>(neighbour)
    },
    residentMb: () => residentMb(gateway.pid),
    async stop() {
      neighbour.disconnect()
      await gateway.stop()
      sink.disconnect()
    },
  }
}

function start(script: string, ...args: string[]): ChildProcess {
  const [path = '', ...options] = scriptArguments(new URL(script, import.meta.url)).toReversed()
  return fork(path, args, { execArgv: options.toReversed(), stdio: 'inherit' })
}

function told<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as Message)))
}

interface Sent {
  readonly hostile: Pick<HostileBody, 'path' | 'headers'>
  readonly body: Buffer
}

const answerMsMax = 60_000

function post(port: number, key: Record<string, string>, { hostile, body }: Sent): Promise<HostileAnswer> {
  const headers = { 'content-type': 'application/json', ...key, ...hostile.headers, 'content-length': body.length }
  return new Promise((resolve) => {
    const sent = request({ port, path: hostile.path, method: 'POST', headers, agent: false }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.once('close', () => resolve(answerOf(answer.statusCode ?? 0, Buffer.concat(pieces).toString())))
    })
    // A gateway that refuses before it has read everything may reset while we still write.
    sent.once('error', () => resolve(answerOf(0, '')))
    sent.setTimeout(answerMsMax, () => resolve(answerOf(0, 'no answer')))
    sent.end(body)
  })
}

function answerOf(status: number, text: string): HostileAnswer {
  return { status, text, code: /"code":"(\w+)"/.exec(text)?.[1] ?? '' }
}

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
