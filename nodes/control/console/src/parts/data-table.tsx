import type { ReactNode } from 'react'

export interface Column<Row> {
  name: string
  cell: (row: Row) => ReactNode
  /** Numbers line up at their right. */
  align?: 'end'
  /** Left out on a narrow screen; what it shows must then be found elsewhere. */
  wideOnly?: boolean
}

export function DataTable<Row>(props: {
  /** Says what the table holds, to those who cannot see where it stands. */
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
}) {
  const { caption, columns, rows, rowKey } = props
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" aria-label={caption} tabIndex={0}>
      <table>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.name} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function classOf<Row>(column: Column<Row>): string | undefined {
  const names = [column.align === 'end' && 'end', column.wideOnly === true && 'wide-only'].filter(Boolean)
  return names.length === 0 ? undefined : names.join(' ')
}
