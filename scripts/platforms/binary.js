'use strict'
// Reads just enough of an addon's file format to tell that it was built for the platform its name says, stripped, and
// free of what is particular to the machine it was built on.

const ELF_MACHINE = { x64: 62, arm64: 183 }
const MACHO_CPU = { x64: 0x01000007, arm64: 0x0100000c }
const PE_MACHINE = { x64: 0x8664, arm64: 0xaa64 }
const MACHO_CODE_SIGNATURE = 0x1d

const compareVersions = (a, b) => a.localeCompare(b, 'en', { numeric: true })

function inspectElf(bytes, arch, libc, maxGlibc) {
  if (bytes.readUInt32BE(0) !== 0x7f454c46) return ['not an ELF file']
  const complaints = []
  if (bytes.readUInt16LE(18) !== ELF_MACHINE[arch]) complaints.push(`machine ${bytes.readUInt16LE(18)} is not ${arch}`)
  const text = bytes.toString('latin1')
  if (text.includes('\0.symtab\0') || text.includes('\0.debug_')) complaints.push('not stripped')
  const versions = [...text.matchAll(/GLIBC_(\d+\.\d+)/g)].map(([, version]) => version)
  const newest = versions.sort(compareVersions).at(-1)
  if (libc === 'musl' && newest !== undefined) complaints.push('a musl build asks for glibc')
  if (libc === 'glibc' && newest === undefined) complaints.push('a glibc build names no glibc')
  if (newest !== undefined && compareVersions(newest, maxGlibc) > 0)
    complaints.push(`asks for glibc ${newest}, not ${maxGlibc}`)
  return complaints
}

function* machoCommands(bytes) {
  let offset = 32
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    yield bytes.readUInt32LE(offset)
    offset += bytes.readUInt32LE(offset + 4)
  }
}

function inspectMacho(bytes, arch) {
  if (bytes.readUInt32LE(0) !== 0xfeedfacf) return ['not a Mach-O file']
  const complaints = []
  if (bytes.readUInt32LE(4) !== MACHO_CPU[arch]) complaints.push(`cpu ${bytes.readUInt32LE(4)} is not ${arch}`)
  const isSigned = [...machoCommands(bytes)].includes(MACHO_CODE_SIGNATURE)
  if (arch === 'arm64' && !isSigned) complaints.push('not signed, so Apple silicon would refuse it')
  return complaints
}

function inspectPe(bytes, arch) {
  const header = bytes.readUInt32LE(0x3c)
  if (bytes.toString('latin1', 0, 2) !== 'MZ' || bytes.toString('latin1', header, header + 4) !== 'PE\0\0') {
    return ['not a PE file']
  }
  const machine = bytes.readUInt16LE(header + 4)
  return machine === PE_MACHINE[arch] ? [] : [`machine ${machine} is not ${arch}`]
}

/** The same file without the time of the link, which Windows linkers write into the header. */
exports.withoutDate = (bytes) => {
  if (bytes.toString('latin1', 0, 2) === 'MZ') bytes.writeUInt32LE(0, bytes.readUInt32LE(0x3c) + 8)
  return bytes
}

/** What is wrong with an addon for `platform-arch[-libc]`: a list of sentences, empty where nothing is. */
exports.inspectAddon = (bytes, name, maxGlibc) => {
  const [platform, arch, libc] = name.split('-')
  const complaints = {
    linux: () => inspectElf(bytes, arch, libc, maxGlibc),
    darwin: () => inspectMacho(bytes, arch),
    win32: () => inspectPe(bytes, arch),
  }[platform]()
  if (!bytes.includes('napi_register_module_v1')) complaints.push('exports no napi_register_module_v1')
  for (const trace of [process.cwd(), 'ebb-prebuild-']) {
    if (bytes.includes(trace)) complaints.push(`names the folder ${trace} of this machine`)
  }
  return complaints
}
