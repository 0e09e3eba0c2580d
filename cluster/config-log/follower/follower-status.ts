export interface FollowerStatus {
  revision: number
  hash: string
  /** Serving, but not as it should be. */
  degraded?: string
  /** Nothing can be served. */
  damaged?: string
  /** How long ago this follower last knew itself at the head; 0 when its last look found nothing newer. */
  lagMs: number
  /** Ignorable events of newer releases. */
  unknownSkipped: number
}
