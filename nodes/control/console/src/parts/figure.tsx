export function Figure({ label, value, note }: { label: string; value: string; note?: string }) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>
        {value}
        {note !== undefined && <span className="figure-note">{note}</span>}
      </dd>
    </div>
  )
}
