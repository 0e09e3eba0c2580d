// Everything with which one thread authenticates the messages that it sends and receives over NATS.
import type { Clock } from '../../shared/clock.ts'
import type { MasterKeys } from '../../shared/key32.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { ChannelMac, type MacVerdict } from './channel-mac.ts'
import { MacAlarm } from './mac-alarm.ts'
import { type MacChannel, type MacKey, macKeysOf } from './mac-keys.ts'

export interface MessageMacsOptions {
  /** The first one makes MACs; MACs under all of them are accepted. */
  readonly masterKeys: MasterKeys
  /** True during an upgrade from a version whose messages have no MAC. */
  readonly acceptsUnsigned: boolean
  readonly clock: Clock
  readonly notify: Notify
}

export class MessageMacs {
  readonly alarm: MacAlarm
  readonly acceptsUnsigned: boolean
  readonly #masterKeys: MessageMacsOptions['masterKeys']

  constructor({ masterKeys, acceptsUnsigned, clock, notify }: MessageMacsOptions) {
    this.#masterKeys = masterKeys
    this.acceptsUnsigned = acceptsUnsigned
    this.alarm = new MacAlarm({ clock, notify })
  }

  channel(name: MacChannel): MacGuard {
    return new MacGuard(name, new ChannelMac(macKeysOf(this.#masterKeys, name) as [MacKey, ...MacKey[]]), this)
  }

  troubles(): Trouble[] {
    return [...(this.acceptsUnsigned ? [unsignedAccepted] : []), ...this.alarm.troubles()]
  }
}

const unsignedAccepted: Trouble = {
  level: 'degraded',
  reason: 'messages without a MAC are accepted (HEADGATE_NATS_UNSIGNED=accept): end that when all nodes are upgraded',
}

export interface Received {
  readonly mac: string | undefined
  readonly context: readonly string[]
  readonly bytes: Uint8Array
  /** Our name of the subject, for the alarm. */
  readonly subject: string
}

/** A channel whose refusals are counted and raise the alarm. */
export class MacGuard {
  readonly #name: MacChannel
  readonly #mac: ChannelMac
  readonly #macs: Pick<MessageMacs, 'alarm' | 'acceptsUnsigned'>

  constructor(name: MacChannel, mac: ChannelMac, macs: Pick<MessageMacs, 'alarm' | 'acceptsUnsigned'>) {
    this.#name = name
    this.#mac = mac
    this.#macs = macs
  }

  of(context: readonly string[], bytes: Uint8Array): string {
    return this.#mac.of(context, bytes)
  }

  /** A message without a MAC is `genuine` while such messages are accepted. */
  judge({ mac, context, bytes, subject }: Received): MacVerdict {
    const { alarm, acceptsUnsigned } = this.#macs
    const verdict = this.#mac.judge(mac, context, bytes)
    if (verdict === 'genuine') return verdict
    if (verdict === 'unsigned' && acceptsUnsigned) {
      alarm.count(this.#name, 'unsigned-accepted')
      return 'genuine'
    }
    alarm.refuse(this.#name, verdict, subject)
    return verdict
  }

  /** The same for a message that was counted before. */
  judgeAgain({ mac, context, bytes }: Omit<Received, 'subject'>): MacVerdict {
    const verdict = this.#mac.judge(mac, context, bytes)
    return verdict === 'unsigned' && this.#macs.acceptsUnsigned ? 'genuine' : verdict
  }
}
