// Proves the messages of the bus. A publisher signs subject, its own id, the number and the time of a message with the
// payload; a question is signed with the inbox for its answer and the time, an answer with that inbox and its place among the parts. So
// nothing can be repeated on another subject, as another message, or as the answer to another question. Nothing in a message
// is read before its MAC is checked.
import { headers, type Msg, type MsgHdrs } from '@nats-io/transport-node'
import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import type { MacGuard, MessageMacs } from '../macs/message-macs.ts'
import type { AskedOnce } from './asked-once.ts'
import type { Parcel } from './bounded-queue.ts'
import { namesEpochAhead } from './epoch-guard.ts'
import { failedHeader, type Part, partHeader } from './nats-answers.ts'
import type { SenderOrder } from './sender-order.ts'

/** The id of the publisher, and its number of this message on its subject. */
export const fromHeader = 'hg-from'
/** The MAC; before it the time of sending, except in answers. */
const macHeader = 'hg-mac'
/** A message that is younger than this and not new was overtaken, which reconnects cause. */
const lateMsMax = 10_000
/** Publishers that are remembered; beyond it the oldest is forgotten. */
const originsMax = 4_096

export class BusMacs {
  readonly #macs: MessageMacs
  readonly #clock: Clock
  readonly #bus: MacGuard
  readonly #requests: MacGuard
  readonly #answers: MacGuard
  /** Publishers that were heard on any subject. */
  readonly #origins = new Set<string>()

  constructor(macs: MessageMacs, clock: Clock) {
    this.#macs = macs
    this.#clock = clock
    this.#bus = macs.channel('bus')
    this.#requests = macs.channel('request')
    this.#answers = macs.channel('answer')
  }

  published({ subject, payload, sequence }: Parcel, origin: string): MsgHdrs {
    const [from, sent] = [`${origin} ${sequence}`, `${this.#clock.wallMs()}`]
    const made = headers()
    made.set(fromHeader, from)
    made.set(macHeader, `${sent} ${this.#bus.of([subject, from, sent], payload)}`)
    return made
  }

  /** Returns how many messages of its publisher are missing before this one; undefined when it is not to be believed.
   *  `name` is the subject without the prefix of the bus. */
  hear(message: Msg, name: string, order: SenderOrder): number | undefined {
    const { subject, data: bytes } = message
    const from = message.headers?.get(fromHeader) ?? ''
    const { sent, mac } = proofIn(message)
    if (this.#bus.judge({ mac, context: [subject, from, sent], bytes, subject: name }) !== 'genuine') return undefined
    const [origin = '', sequence] = from.split(' ')
    const ageMs = mac === undefined ? undefined : this.#ageMs(sent)
    const missing = this.#order({ name, origin, sequence: Number(sequence), ageMs }, order)
    if (missing === undefined || !namesEpochAhead(name, bytes, this.#clock.wallMs())) return missing
    this.#macs.alarm.refuse('bus', 'epoch', name)
    return undefined
  }

  request(subject: string, inbox: string, payload: Uint8Array): MsgHdrs {
    const [sent, made] = [`${this.#clock.wallMs()}`, headers()]
    made.set(macHeader, `${sent} ${this.#requests.of([subject, inbox, sent], payload)}`)
    return made
  }

  /** Whether a question is to be answered: a node of this cluster asks it, for the first time. */
  isGenuineRequest(message: Msg, name: string, asked: AskedOnce): boolean {
    const { subject, reply = '', data: bytes } = message
    const { sent, mac } = proofIn(message)
    const context = [subject, reply, sent]
    if (this.#requests.judge({ mac, context, bytes, subject: name }) !== 'genuine') return false
    if (mac === undefined) return true
    const isOld = this.#ageMs(sent) > bounds.messageAgeMsMax && !asked.knows(reply)
    if (!isOld && asked.isNew(reply)) return true
    this.#macs.alarm.refuse('request', isOld ? 'stale' : 'replayed', name)
    return false
  }

  answer(inbox: string, { payload, headers: made = headers() }: Part): MsgHdrs {
    made.set(macHeader, this.#answers.of(answerContext(inbox, made), payload))
    return made
  }

  isGenuineAnswer({ subject, data: bytes, headers: given }: Msg, name: string): boolean {
    const mac = given?.get(macHeader)
    return this.#answers.judge({ mac, context: answerContext(subject, given), bytes, subject: name }) === 'genuine'
  }

  #meet(origin: string): void {
    if (this.#origins.has(origin)) return
    if (this.#origins.size >= originsMax) this.#origins.delete(this.#origins.keys().next().value!)
    this.#origins.add(origin)
  }

  #ageMs(sent: string): number {
    return Math.abs(this.#clock.wallMs() - Number(sent))
  }

  /** Judges whether a message is new. Numbers tell that of a publisher that was heard before, whose clock may differ as it likes; of one
   *  that was not, only the time tells whether its word is one of long ago. `ageMs` is undefined without a MAC. */
  #order({ name, origin, sequence, ageMs }: Numbered, order: SenderOrder): number | undefined {
    const { alarm } = this.#macs
    const isOld = ageMs !== undefined && ageMs > bounds.messageAgeMsMax
    if (isOld && !isTimeless(name) && !this.#origins.has(origin)) {
      alarm.refuse('bus', 'stale', name)
      return undefined
    }
    if (!isOld) this.#meet(origin)
    const missing = order.hear(origin, name, sequence)
    if (missing !== undefined) return missing
    if (ageMs === undefined) return 0
    if (ageMs < lateMsMax) alarm.count('bus', 'late')
    else alarm.refuse('bus', 'replayed', name)
    return undefined
  }
}

interface Numbered {
  readonly name: string
  readonly origin: string
  readonly sequence: number
  readonly ageMs: number | undefined
}

/** Confirmations of usage only ever grow, and have to arrive whatever a clock says. */
function isTimeless(name: string): boolean {
  return name.startsWith('telemetry.')
}

function answerContext(inbox: string, given: MsgHdrs | undefined): string[] {
  return [inbox, given?.get(partHeader) ?? '', given?.get(failedHeader) ?? '']
}

/** `mac` is undefined where there is none. */
function proofIn({ headers: given }: Msg): { sent: string; mac: string | undefined } {
  const [sent = '', mac] = (given?.get(macHeader) ?? '').split(' ')
  return { sent, mac }
}
