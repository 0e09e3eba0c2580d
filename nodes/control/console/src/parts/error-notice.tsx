import { type ApiProblem, detailOf, titleOf } from '../api/problem.ts'
import { Icon } from './icon.tsx'

/** Nothing for a call that we cancelled ourselves. */
export function ErrorNotice({ problem, title }: { problem: ApiProblem | undefined; title?: string | undefined }) {
  if (problem === undefined || problem.type === 'aborted') return undefined
  const detail = detailOf(problem)
  const fields = problem.type === 'refused' ? problem.problems : []
  return (
    <div className="notice notice-bad" role="alert">
      <Icon name="alert" />
      <div>
        <p className="notice-title">{title ?? titleOf(problem)}</p>
        {title !== undefined && <p>{titleOf(problem)}</p>}
        {detail !== '' && <p>{detail}</p>}
        {fields.length > 0 && (
          <ul>
            {fields.map((field) => (
              <li key={`${field.path} ${field.message}`}>
                {field.path !== '' && <code>{field.path}</code>} {field.message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}
