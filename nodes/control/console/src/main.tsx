// The console's parts list: the real fetch and the real clock come in here and nowhere else.
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './app/shell.css'
import './parts/parts.css'
import './pages/pages.css'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id "root"')
createRoot(root).render(<App fetch={(input, init) => fetch(input, init)} nowMs={() => Date.now()} />)
