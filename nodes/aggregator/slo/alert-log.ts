// The alert events of objectives, and which alerts they leave open.
import type { ActiveAlert, AlertEvent } from '../../../shared/telemetry/slo-state.ts'
import { EventLog } from '../webhooks/event-log.ts'

const eventsMax = 1_000

export class AlertLog extends EventLog<AlertEvent> {
  constructor() {
    super('alert', eventsMax)
  }

  /** Alerts that began and have not ended, by objective. */
  active(nowMs: number): Map<string, ActiveAlert[]> {
    const open = new Map<string, AlertEvent>()
    for (const event of this.events()) {
      if (event.type === 'firing') open.set(event.alertId, event)
      else open.delete(event.alertId)
    }
    const active = new Map<string, ActiveAlert[]>()
    for (const { alertId: id, slo, severity, sinceMs, factor, longMs } of open.values()) {
      const alerts = active.get(slo) ?? []
      active.set(slo, [...alerts, { id, severity, sinceMs, factor, longMs, lastHeldMs: nowMs }])
    }
    return active
  }
}
