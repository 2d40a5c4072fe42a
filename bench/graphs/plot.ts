/**
 * Charts as SVG files that stand alone: lines over time and bars, each drawn for a light and for a dark page. Title, legend and
 * caption are laid out here, round what Observable Plot draws, so that they are part of the picture.
 *
 *     const files = await saveChart('out/rss/cyclic', lineChart({ title, xLabel: 'seconds', yLabel: 'MiB', series }))
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectRoot } from '../common/root'
import { frame, type LegendEntry } from './frame'
import { Palette, type Role, THEMES, type Theme, type ThemeName } from './theme'

export type { Role, ThemeName } from './theme'

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

export type Point = readonly [x: number, y: number]

export interface Series {
  readonly name: string
  /** In order of x. */
  readonly points: readonly Point[]
  /** `ebb` and `live` have colours of their own; default `peer`. */
  readonly role?: Role
  readonly isDashed?: boolean
  /** Filled to the axis. */
  readonly isArea?: boolean
}

/** A stretch of the x axis with a name, e.g. a phase of a program. */
export interface Phase {
  readonly name: string
  readonly from: number
  readonly to: number
}

export interface LineChart extends ChartText {
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
  readonly phases?: readonly Phase[]
  readonly xScale?: 'linear' | 'log'
  readonly yScale?: 'linear' | 'log'
  /** Holds the steps between samples: for values that jump. Default: straight lines. */
  readonly isStepped?: boolean
  /** Marks every point with a dot: for few of them. */
  readonly hasDots?: boolean
  /** Pixels of the plot alone, default 340. */
  readonly height?: number
}

export interface Bar {
  /** Named at the left. */
  readonly label: string
  readonly value: number
  readonly role?: Role
  /** Bars of one series have one colour and an entry in the legend; default: the colour of the role and no legend. */
  readonly series?: string
  /** Bars of one group stand together under its name. */
  readonly group?: string
  /** At the end of the bar instead of the value, e.g. with a unit or "not installed". */
  readonly text?: string
}

export interface BarChart extends ChartText {
  /** Name and unit of the values. */
  readonly xLabel: string
  /** From top to bottom. */
  readonly bars: readonly Bar[]
  /** A line across all bars. */
  readonly bound?: { readonly value: number; readonly name: string }
  readonly xScale?: 'linear' | 'log'
}

/** A chart that can be drawn for any theme. */
export interface Chart {
  draw(theme: ThemeName): Promise<string>
}

/** Pixels. */
const WIDTH = 840
const LINE_HEIGHT = 340
const BAR_HEIGHT = 22
const GROUP_GAP = 18

// ES modules with types of the browser: a CommonJS bench imports them so, and uses little of them.
type Mark = object
interface PlotLibrary {
  plot(options: object): { outerHTML: string }
  [mark: string]: (...options: never[]) => Mark | { outerHTML: string }
}
interface Plotting {
  mark(name: string, ...options: unknown[]): Mark
  plot(options: object): string
}

let loaded: Promise<Plotting> | undefined

function plotting(): Promise<Plotting> {
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

/** Lines over time (or over any number), with a legend. */
export function lineChart(chart: LineChart): Chart {
  return {
    async draw(name) {
      const theme = THEMES[name]
      const palette = new Palette(theme)
      const coloured = chart.series.map((series) => ({
        ...series,
        colour: palette.colour(series.name, series.role ?? 'peer'),
      }))
      const width = chart.width ?? WIDTH
      const height = chart.height ?? LINE_HEIGHT
      const legend: LegendEntry[] = coloured.map((series) => ({ ...series, isLine: true }))
      return frame({
        ...chart,
        width,
        legend,
        theme,
        plot: await drawLines(chart, coloured, theme, width, height),
        height,
      })
    },
  }
}

async function drawLines(
  chart: LineChart,
  coloured: readonly (Series & { colour: string })[],
  theme: Theme,
  width: number,
  height: number,
): Promise<string> {
  const { mark, plot } = await plotting()
  const phases = chart.phases ?? []
  const curve = chart.isStepped ? 'step-after' : 'linear'
  const x = (point: Point): number => point[0]
  const y = (point: Point): number => point[1]
  const largest = Math.max(1e-9, ...coloured.flatMap((series) => series.points.map(y)))
  const isLog = chart.yScale === 'log'
  return plot({
    width,
    height,
    marginLeft: 62,
    marginRight: 24,
    marginTop: phases.length > 0 ? 40 : 26,
    marginBottom: 44,
    style: { color: theme.muted, fontSize: '12px', background: 'none' },
    x: { label: chart.xLabel, type: chart.xScale ?? 'linear', labelAnchor: 'center', labelArrow: 'none' },
    y: {
      label: chart.yLabel,
      type: chart.yScale ?? 'linear',
      ...(isLog ? {} : { domain: [0, largest * 1.04], nice: true, ticks: 6 }),
      labelArrow: 'none',
    },
    marks: [
      mark('gridY', { stroke: theme.grid, strokeOpacity: 1, ...(isLog ? {} : { ticks: 6 }) }),
      mark('ruleX', phases.slice(1), { x: 'from', stroke: theme.muted, strokeDasharray: '2,4', strokeWidth: 1 }),
      mark('text', phases, {
        x: (phase: Phase) => (phase.from + phase.to) / 2,
        text: 'name',
        frameAnchor: 'top',
        dy: -16,
        fill: theme.text,
        fontSize: 12,
      }),
      ...coloured
        .filter((series) => series.isArea)
        .map((series) => mark('areaY', series.points, { x, y, fill: series.colour, fillOpacity: 0.18, curve })),
      ...coloured.map((series) =>
        mark('line', series.points, {
          x,
          y,
          stroke: series.colour,
          strokeWidth: series.role === 'ebb' ? 2.4 : 1.7,
          ...(series.isDashed ? { strokeDasharray: '5,4' } : {}),
          curve,
        }),
      ),
      ...(chart.hasDots
        ? coloured.map((series) => mark('dot', series.points, { x, y, fill: series.colour, r: 3 }))
        : []),
      mark('ruleY', isLog ? [] : [0], { stroke: theme.muted }),
    ],
  })
}

/** Bars from the left, their values at the end; groups under each other. */
export function barChart(chart: BarChart): Chart {
  return {
    async draw(name) {
      const theme = THEMES[name]
      const palette = new Palette(theme)
      // One colour for all of a role, unless series are told apart.
      const coloured = chart.bars.map((bar) => ({
        ...bar,
        colour: palette.colour(bar.series ?? (bar.role === 'ebb' ? ' ebb' : ' peer'), bar.role ?? 'peer'),
      }))
      const named = new Map(coloured.filter((bar) => bar.series !== undefined).map((bar) => [bar.series!, bar.colour]))
      const legend: LegendEntry[] = [...named].map(([series, colour]) => ({ name: series, colour }))
      const width = chart.width ?? WIDTH
      const groups = new Set(coloured.map((bar) => bar.group ?? ''))
      const height = coloured.length * BAR_HEIGHT + groups.size * (GROUP_GAP + (groups.size > 1 ? 18 : 0)) + 70
      return frame({
        ...chart,
        width,
        legend,
        theme,
        plot: await drawBars(chart, coloured, theme, width, height),
        height,
      })
    },
  }
}

interface PlacedBar extends Bar {
  readonly colour: string
  /** Rows from the top. */
  readonly row: number
}

async function drawBars(
  chart: BarChart,
  bars: readonly (Bar & { colour: string })[],
  theme: Theme,
  width: number,
  height: number,
): Promise<string> {
  const { mark, plot } = await plotting()
  const { placed, heads, rows } = place(bars)
  const isLog = chart.xScale === 'log'
  const values = bars.map((bar) => bar.value).concat(chart.bound?.value ?? [])
  const smallest = Math.min(...values.filter((value) => value > 0))
  const from = isLog ? smallest / 2 : 0
  const textOf = (bar: Bar): string => bar.text ?? compact(bar.value)
  const longest = Math.max(...bars.map((bar) => textOf(bar).length))
  return plot({
    width,
    height,
    marginLeft: Math.min(320, 24 + 6.6 * Math.max(...bars.map((bar) => bar.label.length))),
    marginRight: 24 + 7 * longest,
    marginTop: chart.bound ? 26 : 10,
    marginBottom: 44,
    style: { color: theme.muted, fontSize: '12px', background: 'none' },
    x: {
      label: chart.xLabel,
      type: chart.xScale ?? 'linear',
      domain: [from, Math.max(1e-9, ...values)],
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { axis: null, domain: [0, rows] },
    marks: [
      mark('gridX', { stroke: theme.grid, strokeOpacity: 1, ticks: isLog ? 4 : 6 }),
      mark('axisX', { ticks: isLog ? 4 : 6, label: chart.xLabel, labelAnchor: 'center', labelArrow: 'none' }),
      mark('rect', placed, {
        x1: from,
        x2: (bar: PlacedBar) => Math.max(from, bar.value),
        y1: (bar: PlacedBar) => bar.row + 0.12,
        y2: (bar: PlacedBar) => bar.row + 0.88,
        fill: 'colour',
      }),
      mark('text', placed, {
        x: (bar: PlacedBar) => Math.max(from, bar.value),
        y: (bar: PlacedBar) => bar.row + 0.5,
        text: textOf,
        textAnchor: 'start',
        dx: 6,
        fill: theme.text,
        stroke: theme.background,
        strokeWidth: 4,
      }),
      mark('text', placed, {
        x: from,
        y: (bar: PlacedBar) => bar.row + 0.5,
        text: 'label',
        textAnchor: 'end',
        dx: -8,
        fill: theme.text,
      }),
      mark('text', heads, {
        x: from,
        y: 'row',
        text: 'name',
        textAnchor: 'start',
        dx: 6,
        fontWeight: 600,
        fill: theme.text,
      }),
      mark('ruleX', [from], { stroke: theme.muted }),
      ...(chart.bound
        ? [
            mark('ruleX', [chart.bound.value], { stroke: theme.bound, strokeDasharray: '4,3', strokeWidth: 1.5 }),
            mark('text', [chart.bound], {
              x: 'value',
              frameAnchor: 'top',
              dy: -10,
              text: 'name',
              fill: theme.bound,
            }),
          ]
        : []),
    ],
  })
}

/** Rows count downwards: the y scale is reversed by counting from the bottom. */
function place(bars: readonly (Bar & { colour: string })[]): {
  placed: PlacedBar[]
  heads: { name: string; row: number }[]
  rows: number
} {
  const placed: PlacedBar[] = []
  const heads: { name: string; row: number }[] = []
  let row = 0
  let group: string | undefined
  const isGrouped = bars.some((bar) => bar.group !== undefined)
  for (const bar of bars) {
    if (isGrouped && bar.group !== group) {
      row += row === 0 ? 0.9 : 1.5
      heads.push({ name: bar.group ?? '', row: row - 0.4 })
      group = bar.group
    }
    placed.push({ ...bar, row })
    row++
  }
  const rows = row
  return {
    rows,
    placed: placed.map((bar) => ({ ...bar, row: rows - 1 - bar.row })),
    heads: heads.map((head) => ({ ...head, row: rows - head.row })),
  }
}

/** Three digits that count. */
function compact(value: number): string {
  const size = Math.abs(value)
  if (size >= 100 || value === 0) return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ' ')
  return size >= 10 ? value.toFixed(1) : value.toFixed(2)
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
