// The console's parts list: the real fetch and the real clock come in here and nowhere else.
import { createRoot } from 'react-dom/client'
import { secretInFragment, sessionSecretIn } from './api/session-secret.ts'
import { App } from './app/app.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './app/shell.css'
import './parts/parts.css'
import './pages/pages.css'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id "root"')

const secret = sessionSecretIn(() => localStorage)
const told = secretInFragment(location.hash)
if (told !== undefined) {
  secret.keep(told)
  history.replaceState(undefined, '', location.pathname + location.search)
}
createRoot(root).render(<App fetch={(input, init) => fetch(input, init)} secret={secret} nowMs={() => Date.now()} />)
