/**
 * Charts as SVG files that stand alone, each drawn for a light and for a dark page. Title, legend and caption are laid out here (frame.ts),
 * round what Observable Plot draws, so that they are part of the picture.
 *
 *     const files = await saveChart('out/rss/cyclic', lineChart({ title, xLabel: 'seconds', yLabel: 'MiB', series }))
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectRoot } from '../common/root'
import type { ThemeName } from './theme'

/** Text round a chart. */
export interface ChartText {
  readonly title: string
  /** One line under the title: what is good, in which direction. */
  readonly subtitle?: string
  /** Under the chart, wrapped: machine, date, versions, how it was measured, where it misleads. */
  readonly caption?: string
  /** Pixels, default 840. */
  readonly width?: number
}

/** A chart that can be drawn for any theme. */
export interface Chart {
  draw(theme: ThemeName): Promise<string>
}

/** Pixels. */
export const WIDTH = 840

// ES modules with types of the browser: a CommonJS bench imports them so, and uses little of them.
export type Mark = object
interface PlotLibrary {
  plot(options: object): { outerHTML: string }
  [mark: string]: (...options: never[]) => Mark | { outerHTML: string }
}
export interface Plotting {
  mark(name: string, ...options: unknown[]): Mark
  plot(options: object): string
}

let loaded: Promise<Plotting> | undefined

export function plotting(): Promise<Plotting> {
  loaded ??= (async () => {
    const plot = (await import('@observablehq/plot')) as unknown as PlotLibrary
    const { parseHTML } = (await import('linkedom')) as unknown as { parseHTML(html: string): { document: object } }
    const { document } = parseHTML('<!doctype html><html><body></body></html>')
    return {
      mark: (name, ...options) => plot[name]!(...(options as never[])),
      plot: (options) => plot.plot({ document, ...options }).outerHTML,
    }
  })()
  return loaded
}

/**
 * Writes `BASE-light.svg` and `BASE-dark.svg`; a relative base counts from the top of the checkout.
 * @param image - name for copies in docs/img/, where README and docs show them
 * @returns the files
 */
export async function saveChart(base: string, chart: Chart, image?: string): Promise<string[]> {
  const files: string[] = []
  for (const theme of ['light', 'dark'] as const) {
    const file = join(base.startsWith('/') ? '' : projectRoot(), `${base}-${theme}.svg`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, await chart.draw(theme))
    files.push(file)
    if (image === undefined) continue
    const copy = join(projectRoot(), 'docs', 'img', `${image}-${theme}.svg`)
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(file, copy)
    files.push(copy)
  }
  return files
}
