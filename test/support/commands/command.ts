/** What all commands are made by. */
import fc from 'fast-check'
import type { World } from './world'

/** The model is what the commands look at, the real thing is beside it: a World is both. */
export type Command = fc.Command<World, World>

/**
 * Commands of one name: their arguments are drawn, and shown when they fail.
 * @param can - whether the command makes sense in a world, and on the heap that its first argument names; default: in any that has a heap
 */
export function command<T extends readonly unknown[]>(
  name: string,
  args: { [K in keyof T]: fc.Arbitrary<T[K]> },
  run: (world: World, ...args: T) => void,
  can: (world: World, first: number) => boolean = () => true,
): fc.Arbitrary<Command> {
  return fc.tuple<unknown[]>(...(args as unknown as fc.Arbitrary<unknown>[])).map((drawn) => {
    const given = drawn as unknown as T
    return {
      check: (world) => world.homes.length > 0 && can(world as World, given[0] as number),
      run: (world) => {
        world.ran++
        run(world, ...given)
        world.verify()
      },
      toString: () => `${name}(${given.map((value) => fc.stringify(value)).join(', ')})`,
    }
  })
}

/** Which of those that are there. */
export const which = fc.nat(999)

/** Bytes: mostly small, sometimes a run of pools, a whole run, or a large block. */
export const size = fc.oneof(
  { weight: 8, arbitrary: fc.nat(600) },
  { weight: 3, arbitrary: fc.nat(33_000) },
  { weight: 1, arbitrary: fc.nat(600_000) },
)
