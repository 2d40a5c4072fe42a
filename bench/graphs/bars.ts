/** Bars from the left, in groups. */
import { type Chart, type ChartText, plotting, WIDTH } from './chart'
import { frame, type LegendEntry } from './frame'
import { Palette, type Role, THEMES, type Theme } from './theme'

/** Pixels. */
const BAR_HEIGHT = 22
const GROUP_GAP = 18

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
