'use strict'
// Faults to put into a copy of native/, each of which a driver must find: what finds none of them proves nothing.
const { cpSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { root } = require('../platforms/tools.js')

const FAULTS = [
  {
    kind: 'fuzz',
    file: 'regions.cc',
    from: '  holder->join();\n',
    to: '',
    why: "a part does not keep its hold's region",
  },
  { kind: 'fuzz', file: 'regions.cc', from: '    holder->leave();\n', to: '', why: 'it keeps it for ever' },
  { kind: 'fuzz', file: 'regions.cc', from: '--*hold == 0', to: '--*hold <= 1', why: 'a hold ends one too early' },
  {
    kind: 'fuzz',
    file: 'regions.cc',
    from: 'part->parts->living.count(part) != 0',
    to: 'false',
    why: 'what another thread has is unmapped',
  },
  {
    kind: 'fuzz',
    file: 'addon.cc',
    from: 'unit, region->byte_length - offset, unit)',
    to: 'unit, region->byte_length, unit)',
    why: 'a range may end behind its region',
  },
  { kind: 'fuzz', file: 'utf8.h', from: ' || code > 0x10ffff', to: '', why: 'UTF-8 above U+10FFFF is taken' },
  {
    kind: 'fuzz',
    file: 'os_pages_posix.cc',
    from: 'unwanted.add(address, byte_length);\n}',
    to: 'return;\n}',
    why: 'what cannot be unmapped stays',
  },
  {
    kind: 'races',
    file: 'regions.h',
    from: 'std::atomic<int> owners{1}',
    to: 'int owners{1}',
    why: 'owners, unlocked',
  },
  {
    kind: 'races',
    file: 'regions.h',
    from: 'std::atomic<uint64_t> maps{0}, unmaps{0}, mapped_bytes{0}',
    to: 'uint64_t maps{0}, unmaps{0}, mapped_bytes{0}',
    why: 'counts, unlocked',
  },
  {
    kind: 'smoke',
    file: 'regions.cc',
    from: '    delete this;\n  }\n};',
    to: '  }\n};',
    why: 'parts are never freed',
  },
  {
    kind: 'addon',
    file: 'regions.cc',
    from: '  part->leave();\n}',
    to: '  part->leave();\n  counts.maps += part->may_be_elsewhere ? 1 : 0;\n}',
    why: 'a part is read after it was freed',
  },
]

/** A copy of the sources with one fault. */
function seed({ file, from, to }) {
  const folder = path.join(root, 'build', 'drivers', 'sources')
  rmSync(folder, { recursive: true, force: true })
  cpSync(path.join(root, 'native'), path.join(folder, 'native'), { recursive: true })
  const source = path.join(folder, 'native', file)
  const text = readFileSync(source, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no longer what a fault replaces: ${from}`)
  writeFileSync(
    source,
    text.replace(from, () => to),
  )
  return folder
}

module.exports = { FAULTS, seed }
