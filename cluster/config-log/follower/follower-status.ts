export interface FollowerStatus {
  revision: number
  hash: string
  /** Why the node serves, but not as it should. */
  degraded?: string
  /** Why nothing can be served. */
  damaged?: string
  /** How long ago this follower was last known to be at the head; 0 when its last look found nothing newer. */
  lagMs: number
  /** The number of ignorable events of newer releases that were skipped. */
  unknownSkipped: number
}
