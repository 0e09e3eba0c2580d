// Observes a realtime session that passes through: when a response begins and ends, and what it used. Only messages
// that can matter are parsed; audio and text are not.
import type { Usage } from '../../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../../shared/usage/billable-units.ts'
import { secondsOf } from '../common/seconds.ts'
import { parseUsage } from './usage.ts'

export type RealtimeSight =
  | { readonly type: 'began' }
  | { readonly type: 'token' }
  | { readonly type: 'ended'; readonly failed: boolean; readonly used: RealtimeUse }
  /** The usage of transcribing the caller's audio, which another model than the session's does. */
  | { readonly type: 'transcribed'; readonly used: RealtimeUse }

export interface RealtimeUse {
  /** The usage is undefined when the message reports no tokens. */
  readonly usage: Usage | undefined
  readonly measure: BillableUnits | undefined
  /** Whether audio or image tokens are among the tokens; they have other prices than text. */
  readonly isMixed: boolean
}

const marks = ['response.done', 'response.created', 'transcription.completed'].map((text) => Buffer.from(text))
const deltaMark = Buffer.from('.delta"')
/** A delta names its type within the first bytes. */
const headBytes = 256

/** Observes one message of the upstream. Undefined when it changes nothing. */
export function observeRealtime(message: Buffer): RealtimeSight | undefined {
  if (message.subarray(0, headBytes).includes(deltaMark)) return { type: 'token' }
  if (!marks.some((mark) => message.includes(mark))) return undefined
  const event = recordOf(parsed(message))
  switch (event?.['type']) {
    case 'response.created':
      return { type: 'began' }
    case 'response.done': {
      const response = recordOf(event['response'])
      return { type: 'ended', failed: response?.['status'] === 'failed', used: usedIn(response?.['usage']) }
    }
    case 'conversation.item.input_audio_transcription.completed':
      return { type: 'transcribed', used: usedIn(event['usage']) }
    default:
      return undefined
  }
}

function usedIn(value: unknown): RealtimeUse {
  const measure = secondsOf(recordOf(value)?.['seconds'])
  const usage = parseUsage(value)
  return { usage, measure, isMixed: usage?.media !== undefined }
}

function parsed(message: Buffer): unknown {
  try {
    return JSON.parse(message.toString('utf8'))
  } catch {
    return undefined
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
