/** Light or dark: as the system has it, until the reader chooses. */
import { html, useEffect, useState } from '/lib/preact.js'

const system = matchMedia('(prefers-color-scheme: dark)')

export function useTheme() {
  const [theme, setTheme] = useState(() => stored() ?? (system.matches ? 'dark' : 'light'))
  useEffect(() => {
    document.documentElement.style.colorScheme = theme
  }, [theme])
  useEffect(() => {
    const follow = () => {
      if (stored() === null) setTheme(system.matches ? 'dark' : 'light')
    }
    system.addEventListener('change', follow)
    return () => system.removeEventListener('change', follow)
  }, [])
  const choose = theme => {
    localStorage.setItem('theme', theme)
    setTheme(theme)
  }
  return [theme, choose]
}

function stored() {
  return localStorage.getItem('theme')
}

export function ThemeButton({ theme, setTheme }) {
  const other = theme === 'dark' ? 'light' : 'dark'
  return html`<button type="button" class="theme" onClick=${() => setTheme(other)}>${other === 'dark' ? 'Dark' : 'Light'}</button>`
}
