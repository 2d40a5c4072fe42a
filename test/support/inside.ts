/** What the tests and the platform checks reach in the built library: scripts/bundle.js makes dist/inside.js of it. */

export { PACKAGE_FOLDER } from '../../lib/base/folder'
export { partsOf } from '../../lib/heap/numbers'
export { checkHeap } from '../../lib/inspect/check-heap'
export { readMap } from '../../lib/inspect/map'
export { libc } from '../../lib/os/libc'
export { limitsOf } from '../../lib/os/limits'
export { loadAddon } from '../../lib/os/native-binding'
export { osPagesOf } from '../../lib/os/os-pages'
