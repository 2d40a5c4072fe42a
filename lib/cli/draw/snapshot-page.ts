/** The page of a snapshot: what is mapped and what it is, size class by size class. */
import type { HeapReport } from '../../heap/door'
import { ofThread } from '../advice/heap-rules'
import type { Snapshot } from '../snapshot'
import { mapPicture } from './map-picture'
import { frame, htmlTable, tiles } from './page'
import { escaped } from './theme'
import { showBytes, showCount, showShare } from './units'

const POOL_BYTES = 4096

/** What mapped bytes are made of, in the order of docs/stats.md; the last two cost addresses only. */
function partsOf({ stats }: HeapReport): (readonly [name: string, bytes: number])[] {
  const dirty = stats.dirtyPools * POOL_BYTES
  return [
    ['live blocks', stats.liveBytes],
    ['free blocks in used pools', stats.freeBlockBytes],
    ['dirty pools, kept large blocks', dirty + stats.keptBytes],
    ['ledgers and slack', stats.ledgerBytes + stats.slackBytes],
    ['given back or never used (addresses only)', Math.max(0, stats.freePoolBytes - dirty)],
  ]
}

/** Colours of the parts: live blocks blue, free blocks orange, dirty violet, books green, the rest grey. */
const PART_COLOURS = [0, 1, 4, 3, 2] as const

function stack(heap: HeapReport): string {
  const parts = partsOf(heap)
  const sum = Math.max(
    1,
    parts.reduce((total, [, bytes]) => total + bytes, 0),
  )
  const pieces = parts.map(([name, bytes], i) => {
    const text = `${name}: ${showBytes(bytes)}, ${showShare(bytes / sum)}`
    return `<i class="b${PART_COLOURS[i]}" style="width:${((bytes / sum) * 100).toFixed(2)}%" title="${escaped(text)}"></i>`
  })
  const key = parts.map(([name, bytes], i) =>
    bytes === 0
      ? ''
      : `<li><b class="b${PART_COLOURS[i]}"></b>${escaped(name)} <span class="muted">${showBytes(bytes)}</span></li>`,
  )
  return `<div class="stack track" role="img" aria-label="What mapped bytes are made of">${pieces.join('')}</div><ul class="key">${key.join('')}</ul>`
}

function classTable({ stats }: HeapReport): string {
  if (stats.classes.length === 0) return ''
  const head = ['block bytes', 'pools', 'live blocks', 'free blocks', 'taken', '']
  const rows = stats.classes.map(({ blockBytes, pools, blocks, freeBlocks }) => {
    const taken = blocks + freeBlocks === 0 ? 0 : blocks / (blocks + freeBlocks)
    const size = blockBytes === 0 ? 'whole runs' : showCount(blockBytes)
    const cells = [size, showCount(pools), showCount(blocks), showCount(freeBlocks), showShare(taken)]
    const bar = `<td><span class="track"><i class="b0" style="width:${(taken * 100).toFixed(1)}%"></i></span></td>`
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}${bar}</tr>`
  })
  const heads = head.map((text) => `<th>${text}</th>`).join('')
  return `<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function heapSection(heap: HeapReport): string[] {
  const { stats, limit } = heap
  const name = heap.name === '' ? 'heap without a name' : heap.name
  const figures: [string, string][] = [
    ['live', showBytes(stats.liveBytes)],
    ['resident', showBytes(stats.residentBytes)],
    ['mapped', showBytes(stats.mappedBytes)],
    ['live blocks', showCount(stats.blocks)],
  ]
  if (limit !== null) figures.push(['of its limit', showShare(stats.mappedBytes / limit)])
  return [
    `<h2>${escaped(name)}${ofThread(heap)}</h2>`,
    tiles(figures),
    stack(heap),
    mapPicture(Buffer.from(heap.map ?? '', 'base64')),
    '<p></p>',
    classTable(heap),
  ]
}

/** The page. */
export function snapshotPage({ heaps, findings }: Snapshot, title: string): string {
  const sum = (of: (heap: HeapReport) => number): number => heaps.reduce((total, heap) => total + of(heap), 0)
  const advice = findings.map(
    ({ level, topic, text, remedy }) =>
      `<p><span class="${level}">${level}</span> ${escaped(topic)}: ${escaped(text)}` +
      `${remedy === undefined ? '' : `<br><span class="muted">${escaped(remedy)}</span>`}</p>`,
  )
  const order = [...heaps].sort((a, b) => b.stats.residentBytes - a.stats.residentBytes)
  return frame(title, [
    `<h1>${escaped(title)}</h1>`,
    tiles([
      ['heaps', showCount(heaps.length)],
      ['live', showBytes(sum(({ stats }) => stats.liveBytes))],
      ['resident, by the books', showBytes(sum(({ stats }) => stats.residentBytes))],
      ['mapped', showBytes(sum(({ stats }) => stats.mappedBytes))],
    ]),
    ...(advice.length === 0 ? [] : ['<h2>Advice</h2>', `<div class="panel">${advice.join('')}</div>`]),
    ...order.flatMap(heapSection),
    '<h2>All heaps</h2>',
    htmlTable(
      ['heap', 'live', 'resident', 'mapped', 'blocks', 'arenas', 'large blocks'],
      order.map(({ name, stats }) => [
        name === '' ? '(no name)' : name,
        ...[showBytes(stats.liveBytes), showBytes(stats.residentBytes), showBytes(stats.mappedBytes)],
        ...[showCount(stats.blocks), showCount(stats.arenas), showCount(stats.largeBlocks)],
      ]),
    ),
  ])
}
