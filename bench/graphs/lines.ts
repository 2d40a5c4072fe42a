/** Lines over time, or over any number. */
import { type Chart, type ChartText, plotting, WIDTH } from './chart'
import { frame, type LegendEntry } from './frame'
import { Palette, type Role, THEMES, type Theme } from './theme'

/** Pixels. */
const LINE_HEIGHT = 340

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
