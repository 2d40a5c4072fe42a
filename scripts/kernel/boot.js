'use strict'
// A kernel of its own, for what the machine's may not be told: user-mode Linux (Debian's `user-mode-linux`) over this machine's files, read
// only, as a plain process. It starts in some seconds, and what is set in it is set nowhere else.
const { spawnSync } = require('node:child_process')
const { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { root } = require('../platforms/tools.js')

/** The control group that {@link groupOf} makes. */
const GROUP = '/sys/fs/cgroup/ebb'

/** Lines that make a control group of so many bytes. */
const groupOf = (byteLength) => `mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
mkdir ${GROUP}
echo ${byteLength} > ${GROUP}/memory.max`

/** A line that keeps the page cache of a Node outside of the group: its first user is charged, and the kernel would reclaim it for minutes. */
const holding = (node) => `${node} -e 'setInterval(() => {}, 1e6)' &\nsleep 1`

const init = (script) => `#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
${script}
echo o > /proc/sysrq-trigger
sleep 10
`

/** Whether it is installed. */
const hasUserModeLinux = () => spawnSync('linux.uml', ['--version']).status === 0

/**
 * Boots a kernel, runs a script of bash as its first process, and turns it off.
 * @param mebibytes - memory of that kernel
 * @param seconds - after which it is ended
 * @returns what was printed
 */
function boot(script, mebibytes, seconds) {
  mkdirSync(path.join(root, 'build'), { recursive: true })
  const folder = mkdtempSync(path.join(root, 'build', 'uml-'))
  try {
    const first = path.join(folder, 'init')
    writeFileSync(first, init(script))
    chmodSync(first, 0o755)
    const words = ['rootfstype=hostfs', 'rootflags=/', 'ro', 'con=null', 'con0=fd:0,fd:1', 'quiet']
    const { stdout } = spawnSync('linux.uml', [`mem=${mebibytes}M`, ...words, `init=${first}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: seconds * 1000,
    })
    return stdout.replaceAll('\r', '')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

module.exports = { GROUP, boot, groupOf, hasUserModeLinux, holding }
