// An open realtime session: messages go from one side to the other as they came, and what is used is recorded response by
// response. Neither side may make the other's bytes pile up: the upstream is paused while the caller does not read; a
// caller, whom nothing can pause, is closed when the upstream does not keep up.

import { bounds } from '../../../../shared/bounds.ts'
import type { Clock } from '../../../../shared/clock.ts'
import type { LiveRequest } from '../../attempts/live/live-requests.ts'
import { observeRealtime, type RealtimeSight } from '../../dialects/openai/realtime-observer.ts'
import { errorRow } from '../../errors/error-table.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { ClientSocket, SocketHandler } from '../../http/http.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'
import type { UpstreamSocket } from '../../upstream/sockets/upstream-socket.ts'
import type { SessionPlan } from './session-plan.ts'
import type { SessionEnd, SessionRecords, Turn, TurnEnd } from './session-records.ts'

export interface RealtimeSessionParts {
  readonly clock: Clock
  readonly plan: SessionPlan
  readonly planned: PlannedAttempt<Target>
  readonly records: SessionRecords
  readonly end: Pick<SessionEnd, 'attempts' | 'attemptCount' | 'fallbackIndex' | 'openedMs'>
  readonly upstream: UpstreamSocket
}

/** Close codes (RFC 6455, section 7.4.1, and IANA's list). */
const closeCode = { goingAway: 1001, policy: 1008, internal: 1011, restart: 1012, later: 1013 } as const
const pingMs = 20_000
/** The number of open responses that are timed; later ones are not. */
const turnsOpenMax = 16

export class RealtimeSession implements SocketHandler, LiveRequest {
  readonly plan: SessionPlan
  livePrevious: LiveRequest | undefined = undefined
  liveNext: LiveRequest | undefined = undefined
  client: ClientSocket | undefined
  /** Called once, when the session is over. */
  onOver: (() => void) | undefined
  readonly #parts: RealtimeSessionParts
  readonly #turns: Turn[] = []
  #paused = false
  /** The time since which a side has taken nothing of what waits for it; 0 when nothing waits. */
  #clientStalledMs = 0
  #upstreamStalledMs = 0
  #saidMs: number
  #pingedMs: number
  #draining = false
  #over = false

  constructor(parts: RealtimeSessionParts) {
    this.#parts = parts
    this.plan = parts.plan
    this.#saidMs = parts.clock.monotonicMs()
    this.#pingedMs = this.#saidMs
  }

  // ── from the caller ──────────────────────────────────────────────────────────────────────────────────────────────

  onMessage(message: Buffer, isBinary: boolean): void {
    const { upstream } = this.#parts
    const nowMs = this.#now()
    this.#saidMs = nowMs
    if (upstream.bufferedBytes > bounds.socketBufferBytesMax * 4) {
      this.#cut(closeCode.later, 'upstream_too_slow', 'The upstream does not take what is sent.')
      return
    }
    upstream.send(Buffer.from(message), isBinary)
    if (this.#upstreamStalledMs === 0 && upstream.bufferedBytes > bounds.socketBufferBytesMax)
      this.#upstreamStalledMs = nowMs
  }

  onSent(): void {
    const full = this.#parts.upstream.bufferedBytes > bounds.socketBufferBytesMax
    this.#upstreamStalledMs = full ? this.#now() : 0
  }

  onDrain(): void {
    const waiting = this.client?.bufferedBytes ?? 0
    this.#clientStalledMs = waiting === 0 ? 0 : this.#now()
    if (!this.#paused || waiting > bounds.socketBufferBytesMax / 2) return
    this.#paused = false
    this.#parts.upstream.resume()
  }

  onClose(code: number, reason: string): void {
    if (this.#over) return
    const { upstream } = this.#parts
    if (maySend(code)) upstream.close(code, shortened(reason))
    else if (code === noCode) upstream.close(undefined, '')
    else upstream.close(closeCode.goingAway, 'the client is gone')
    this.#finish(this.#turns.length > 0 ? 'client-aborted' : 'ok', '')
  }

  // ── from the upstream ────────────────────────────────────────────────────────────────────────────────────────────

  fromUpstream(message: Buffer, isBinary: boolean): void {
    const { client } = this
    if (this.#over || client === undefined) return
    this.#saidMs = this.#now()
    const sight = isBinary ? undefined : observeRealtime(message)
    if (sight !== undefined) this.#note(sight)
    client.send(message, isBinary)
    if (!this.#paused && client.bufferedBytes > bounds.socketBufferBytesMax) {
      this.#paused = true
      this.#clientStalledMs = this.#saidMs
      this.#parts.upstream.pause()
    }
    if (this.#draining && this.#turns.length === 0) this.#restart()
  }

  onUpstreamClosed(code: number, reason: string): void {
    if (this.#over) return
    if (maySend(code)) this.client?.close(code, shortened(reason))
    else if (code === noCode) this.client?.close(undefined, '')
    else this.client?.close(closeCode.internal, 'the upstream is gone')
    this.#finish(code === lost ? 'cut' : 'ok', code === lost ? 'upstream_error' : '')
  }

  #note(sight: RealtimeSight): void {
    const nowMs = this.#now()
    switch (sight.type) {
      case 'began':
        this.#begin(nowMs)
        break
      case 'token': {
        const turn = this.#turns[0]
        if (turn !== undefined && turn.firstTokenMs === 0) turn.firstTokenMs = nowMs
        break
      }
      case 'ended': {
        const told = sight.failed
          ? ({ status: 'failed', outcome: 'http-error', errorCode: 'upstream_error' } as const)
          : ({ status: 'ok', outcome: 'ok', errorCode: '' } as const)
        this.#record(this.#turns.shift() ?? this.#turnAt(nowMs), { ...told, nowMs, used: sight.used, isOwn: true })
        break
      }
      case 'transcribed': {
        const end = { status: 'ok', outcome: 'ok', errorCode: '', nowMs, used: sight.used, isOwn: false } as const
        this.#record(this.#turnAt(nowMs), end)
      }
    }
  }

  #begin(nowMs: number): void {
    if (this.#turns.length >= turnsOpenMax) return
    const turn = this.#turnAt(nowMs)
    this.#parts.records.begin(turn, this.#parts.planned)
    this.#turns.push(turn)
  }

  // ── what ends it from our side ───────────────────────────────────────────────────────────────────────────────────

  /** Ends a session that is idle or stalled, and pings the upstream. It is called each second. */
  sweep(nowMs: number): void {
    if (nowMs - this.#saidMs > bounds.socketIdleMs) {
      this.#cut(closeCode.goingAway, 'session_idle', 'Nothing was said for too long.')
    } else if (isStalled(this.#clientStalledMs, nowMs)) {
      this.#cut(closeCode.policy, 'client_too_slow', 'The client does not read what it is sent.')
    } else if (isStalled(this.#upstreamStalledMs, nowMs)) {
      this.#cut(closeCode.later, 'upstream_too_slow', 'The upstream does not take what is sent.')
    } else if (nowMs - this.#pingedMs > pingMs) {
      this.#pingedMs = nowMs
      this.#parts.upstream.ping()
    }
  }

  get request(): AuthenticatedRequest {
    return this.plan.request
  }

  get sessionModels(): readonly string[] {
    return [this.plan.asked, this.plan.model]
  }

  /** Ends the session, because its key is no longer valid, or not for this model, or an operator ends it. */
  cut(error: GatewayError): void {
    const { code, message } = errorRow(error)
    const close = error.type === 'shutting-down' ? closeCode.restart : closeCode.policy
    this.#cut(close, code ?? error.type, message)
  }

  /** Ends the session because the process will end: at once where nothing is being answered, else after the answer. */
  drain(): void {
    this.#draining = true
    if (this.#turns.length === 0) this.#restart()
  }

  #restart(): void {
    this.#cut(closeCode.restart, 'gateway_restarts', 'The gateway restarts. Connect again.')
  }

  /** Closes both sides. The reason is sent as an event first: a close frame has room for little, and not every client shows it. */
  #cut(code: number, errorCode: string, message: string): void {
    if (this.#over) return
    const error = { type: 'server_error', code: errorCode, message, param: null, event_id: null }
    this.client?.send(Buffer.from(JSON.stringify({ type: 'error', event_id: `event_${errorCode}`, error })), false)
    this.client?.close(code, shortened(message))
    this.#parts.upstream.close(closeCode.goingAway, '')
    this.#finish('cut', errorCode)
  }

  #finish(status: SessionEnd['status'], errorCode: string): void {
    this.#over = true
    const nowMs = this.#now()
    const { records, end, planned } = this.#parts
    const unknown = { usage: undefined, measure: undefined, isMixed: false }
    const turnStatus = status === 'ok' ? 'cut' : status
    for (const turn of this.#turns.splice(0)) {
      this.#record(turn, { status: turnStatus, outcome: 'aborted', errorCode, nowMs, used: unknown, isOwn: true })
    }
    planned.target.health.inFlight--
    records.session({ ...end, status, httpStatus: 101, errorCode, nowMs }, nothing)
    this.onOver?.()
  }

  #record(turn: Turn, end: TurnEnd): void {
    this.#parts.records.turn(turn, this.#parts.planned, end)
  }

  #turnAt(startedMs: number): Turn {
    return { atMs: this.#parts.clock.wallMs(), startedMs, firstTokenMs: 0, number: 0, intent: undefined }
  }

  #now(): number {
    return this.#parts.clock.monotonicMs()
  }
}

const noCode = 1005
const lost = 1006

/** Whether a peer's code may be sent on. */
function maySend(code: number): boolean {
  if (code >= 3_000) return code < 5_000
  return code >= 1_000 && code <= 1_014 && code !== 1_004 && code !== noCode && code !== lost
}

/** A close frame carries 123 bytes of reason. */
function shortened(reason: string): string {
  if (Buffer.byteLength(reason) <= 123) return reason
  return Buffer.from(reason)
    .subarray(0, 120)
    .toString('utf8')
    .replace(/\ufffd+$/, '')
}

function isStalled(sinceMs: number, nowMs: number): boolean {
  return sinceMs > 0 && nowMs - sinceMs > bounds.socketStalledMs
}

function nothing(): void {}
