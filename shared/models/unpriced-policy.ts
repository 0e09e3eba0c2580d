// What is done with requests whose cost cannot be known, because their target has no price.

/** `refuse`: such a target is sent no request. `allow-and-flag`: it is, and the answer, its record and a metric say that the cost is not
 *  known. */
export const unpricedPolicies = ['refuse', 'allow-and-flag'] as const
export type UnpricedPolicy = (typeof unpricedPolicies)[number]
