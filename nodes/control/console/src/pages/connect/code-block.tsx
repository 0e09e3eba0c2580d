import { CopyButton } from '../../parts/copy-button.tsx'

/** `marks` are the parts that were filled in; they stand out. */
export function CodeBlock(props: { text: string; label: string; marks: readonly string[] }) {
  const { text, label, marks } = props
  return (
    <div className="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls sideways must be reachable by keyboard */}
      <section className="code-scroll" tabIndex={0} aria-label={label}>
        <pre>
          <code>
            {splitAt(text, marks).map((piece) =>
              piece.marked ? (
                <mark key={piece.offset}>{piece.text}</mark>
              ) : (
                <span key={piece.offset}>{piece.text}</span>
              ),
            )}
          </code>
        </pre>
      </section>
      <CopyButton text={text} what={label} />
    </div>
  )
}

export interface Piece {
  text: string
  marked: boolean
  offset: number
}

/** The pieces of `text` in order; joined they are `text` again. */
export function splitAt(text: string, marks: readonly string[]): readonly Piece[] {
  const wanted = marks.filter((mark) => mark !== '')
  const pieces: Piece[] = []
  let offset = 0
  while (offset < text.length) {
    const next = nearest(text, wanted, offset)
    const plainEnd = next?.offset ?? text.length
    if (plainEnd > offset) pieces.push({ text: text.slice(offset, plainEnd), marked: false, offset })
    if (next !== undefined) pieces.push(next)
    offset = plainEnd + (next?.text.length ?? 0)
  }
  return pieces
}

function nearest(text: string, marks: readonly string[], from: number): Piece | undefined {
  let best: Piece | undefined
  for (const mark of marks) {
    const offset = text.indexOf(mark, from)
    if (offset >= 0 && (best === undefined || offset < best.offset)) best = { text: mark, marked: true, offset }
  }
  return best
}
