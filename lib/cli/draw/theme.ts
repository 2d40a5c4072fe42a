/** Colours of pictures and pages, light and dark in one: the viewer's `prefers-color-scheme` decides. */

interface Theme {
  readonly background: string
  readonly panel: string
  readonly text: string
  readonly muted: string
  readonly grid: string
  /** Series and parts, in order. */
  readonly colours: readonly string[]
}

const LIGHT: Theme = {
  background: '#ffffff',
  panel: '#f6f8fa',
  text: '#1f2328',
  muted: '#59636e',
  grid: '#e3e6ea',
  colours: ['#0969da', '#d4570a', '#6e7781', '#1a7f37', '#8250df', '#bf3989'],
}

const DARK: Theme = {
  background: '#0d1117',
  panel: '#161b22',
  text: '#e6edf3',
  muted: '#9198a1',
  grid: '#2a313c',
  colours: ['#58a6ff', '#f0883e', '#8b949e', '#3fb950', '#bc8cff', '#f778ba'],
}

/** How many colours there are for series and parts. */
export const COLOURS = LIGHT.colours.length

/** Rules for the classes that pictures use. No CSS variables: not every viewer of SVG knows them. */
const rules = ({ background, text, muted, grid, colours }: Theme): string =>
  [
    `.bg{fill:${background}}.tx{fill:${text}}.mu{fill:${muted}}.gr{stroke:${grid}}.mk{stroke:${muted}}`,
    ...colours.map((colour, i) => `.l${i}{stroke:${colour}}.f${i}{fill:${colour}}.b${i}{background:${colour}}`),
  ].join('')

const pageRules = ({ background, panel, text, muted, grid }: Theme): string =>
  `body{background:${background};color:${text}}.panel{background:${panel};border-color:${grid}}` +
  `.muted,th,dt{color:${muted}}td,th{border-color:${grid}}.track{background:${grid}}a{color:inherit}`

/** The style of a picture that stands alone. */
export const pictureStyle = (): string => `${rules(LIGHT)}@media(prefers-color-scheme:dark){${rules(DARK)}}`

/** The style of a page and of the pictures in it. */
export const pageStyle = (): string =>
  `:root{color-scheme:light dark}${rules(LIGHT)}${pageRules(LIGHT)}` +
  `@media(prefers-color-scheme:dark){${rules(DARK)}${pageRules(DARK)}}`

/** Fonts of all of them. */
export const FONT = `system-ui,-apple-system,'Segoe UI','Liberation Sans','DejaVu Sans',Arial,sans-serif`

/** Text in markup. */
export const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
