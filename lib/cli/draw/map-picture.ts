/** The map of a heap (inspect/map.ts) as a picture: a tile of 8 by 8 pools for each 256 KiB, a gap between tiles. */
import { countStates, fullness, type HeapMap, nameOfState, PoolState } from '../../inspect/map'
import { png, type Rgba } from './png'
import { escaped } from './theme'
import { plural, showBytes } from './units'

/** Pools along an edge of a tile, and of a row of the map. */
const EDGE = 8
const POOLS = EDGE * EDGE
const POOL_BYTES = 4096

type StateName = keyof typeof PoolState

/** Colours that are seen on light and on dark pages; used pools get more opaque the fuller they are. */
const BLUE = [38, 126, 234] as const
const COLOURS: Readonly<Record<Exclude<StateName, 'used' | 'full'>, Rgba>> = {
  unused: [0, 0, 0, 0],
  ledger: [128, 128, 128, 200],
  discarded: [128, 128, 128, 45],
  dirty: [142, 88, 232, 255],
  resting: [180, 140, 240, 255],
  kept: [142, 88, 232, 255],
  keptDiscarded: [128, 128, 128, 45],
  large: [22, 150, 110, 255],
  unseen: [128, 128, 128, 90],
}

/** What the key says, and which states it adds up. */
const KEY: readonly (readonly [text: string, colour: Rgba, states: readonly StateName[]])[] = [
  ['in use, stronger is fuller', [...BLUE, 170], ['used', 'full']],
  ['large blocks', COLOURS.large, ['large']],
  ['free and resident', COLOURS.dirty, ['dirty', 'kept', 'resting']],
  ['given back or never used', COLOURS.discarded, ['discarded', 'keptDiscarded']],
  ['books', COLOURS.ledger, ['ledger', 'unseen']],
]

/** The colour of each byte of a map. */
const PALETTE: readonly Rgba[] = Array.from({ length: 256 }, (_, state): Rgba => {
  if (state >= PoolState.used) return [...BLUE, Math.round(110 + 145 * fullness(state))]
  try {
    return COLOURS[nameOfState(state) as keyof typeof COLOURS]
  } catch {
    return COLOURS.unused
  }
})

const css = ([red, green, blue, alpha]: Rgba): string => `rgba(${red},${green},${blue},${(alpha / 255).toFixed(2)})`

/**
 * Tiles in rows.
 * @param states - 64 bytes a tile, as a map has them
 */
export function tilesOf(states: Uint8Array): { pixels: Uint8Array; width: number; height: number } {
  const tiles = Math.ceil(states.length / POOLS)
  const across = Math.max(16, Math.min(64, Math.ceil(Math.sqrt(tiles * 2))))
  const down = Math.max(1, Math.ceil(tiles / across))
  const width = across * (EDGE + 1) - 1
  const height = down * (EDGE + 1) - 1
  const pixels = new Uint8Array(width * height)
  for (let tile = 0; tile < tiles; tile++) {
    const left = (tile % across) * (EDGE + 1)
    const top = Math.floor(tile / across) * (EDGE + 1)
    for (let row = 0; row < EDGE; row++) {
      const from = tile * POOLS + row * EDGE
      pixels.set(states.subarray(from, from + EDGE), (top + row) * width + left)
    }
  }
  return { pixels, width, height }
}

/** The picture in HTML, with its key. */
export function mapPicture(states: Uint8Array): string {
  if (states.length === 0) return ''
  const { pixels, width, height } = tilesOf(states)
  const data = png(pixels, width, height, PALETTE).toString('base64')
  const counts = countStates({ states } as HeapMap)
  const key = KEY.flatMap(([text, colour, names]) => {
    const pools = names.reduce((sum, name) => sum + counts[name], 0)
    if (pools === 0) return []
    const size = `${plural(pools, 'pool')}, ${showBytes(pools * POOL_BYTES)}`
    return [
      `<li><b style="background:${css(colour)}"></b>${escaped(text)} <span class="muted">${escaped(size)}</span></li>`,
    ]
  })
  return (
    `<img class="map" alt="The pools of the heap, a square each" width="${width}" height="${height}" ` +
    `src="data:image/png;base64,${data}"><ul class="key">${key.join('')}</ul>`
  )
}
