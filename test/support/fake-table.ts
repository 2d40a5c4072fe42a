import { ArenaTable } from '../../lib/arena-table'
import { Mappings } from '../../lib/mappings'
import { FakeOsPages } from './fake-os-pages'

/** An arena table without a heap round it. */
export const fakeTable = (): ArenaTable => new ArenaTable(new Mappings(new FakeOsPages(), Infinity))
