import { isDemoModel } from '../api/models.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'demo'

export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`badge badge-${tone}`}>{children}</span>
}

/** A model's name; the demo provider's are badged, so that nobody takes them for a real one. */
export function ModelName({ model, provider }: { model: string; provider?: string }) {
  if (model === '') return <span className="muted">–</span>
  return (
    <span className="model-name">
      <span className="mono">{model}</span>
      {(isDemoModel(model) || provider === 'demo') && <Badge tone="demo">demo</Badge>}
    </span>
  )
}
