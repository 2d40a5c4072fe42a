/** The modules of the page, which are ES modules for a browser: what of them needs none is tested here. */
export const pageModules = async () => ({
  ...(await import('../../lib/live/page/stream.mjs')),
  ...(await import('../../lib/live/page/format.mjs')),
  ...(await import('../../lib/live/page/states.mjs')),
  layOut: (await import('../../lib/live/page/map.mjs')).layOut,
  History: (await import('../../lib/live/page/chart.mjs')).History,
  tell: (await import('../../lib/live/page/events.mjs')).tell,
  sum: (await import('../../lib/live/page/figures.mjs')).sum,
})

export type PageModules = Awaited<ReturnType<typeof pageModules>>
