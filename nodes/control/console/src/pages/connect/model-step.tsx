import { demoModels, isDemoModel } from '../../api/models.ts'
import { Badge } from '../../parts/badge.tsx'

export function ModelStep(props: { models: readonly string[]; model: string; onModel: (model: string) => void }) {
  const own = props.models.filter((name) => !isDemoModel(name))
  const demo = [...new Set([...demoModels, ...props.models.filter(isDemoModel)])]
  return (
    <>
      <div className="inline-form">
        <label htmlFor="model">Model</label>
        <select id="model" value={props.model} onChange={(event) => props.onModel(event.target.value)}>
          {own.length > 0 && <Group label="Configured" names={own} />}
          <Group label="Demo" names={demo} />
        </select>
        {isDemoModel(props.model) && <Badge tone="demo">demo</Badge>}
      </div>
      {isDemoModel(props.model) && (
        <p className="hint">Answered inside Headgate, at no cost, by no real model. Good for trying things out.</p>
      )}
    </>
  )
}

function Group({ label, names }: { label: string; names: readonly string[] }) {
  return (
    <optgroup label={label}>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </optgroup>
  )
}
