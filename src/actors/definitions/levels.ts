/** How many disks a command waits for before it is answered, and of how many a query sees what they have. */

/**
 * When a command is answered: `local`, it is synced to this node's disk; `majority`, to the disks of a majority of the replica set;
 * `all`, to those of all of it. Of a replicated kind dead members count, too, until they have left or are forgotten.
 */
export type WriteLevel = 'local' | 'majority' | 'all'

/**
 * What a query sees: `local`, what the node that runs it has; `majority`, also what the members of a majority of the replica set have,
 * and so every command that was acknowledged by a majority before the query began; `all`, what any member has.
 */
export type ReadLevel = 'local' | 'majority' | 'all'

export const levels = ['local', 'majority', 'all'] as const
