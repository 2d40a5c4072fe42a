/** Arms that may be missing on this machine. */
import { MissingArm } from '../common/asked-process'
import { type InstalledPeer, isInstalled, type Peer } from '../peers/peers'
import type { ArmPlan } from './rounds'

/** An arm that cannot be measured, and why. */
export const absent = (name: string, reason: string): ArmPlan => ({
  name,
  start: () => Promise.reject(new MissingArm(reason)),
})

/** An arm of a native peer, where that is installed. */
export const nativePlan = (peer: Peer, start: (peer: InstalledPeer) => ReturnType<ArmPlan['start']>): ArmPlan =>
  isInstalled(peer) ? { name: peer.name, start: () => start(peer) } : absent(peer.name, peer.missing)
