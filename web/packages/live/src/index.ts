/** The live client: a connection that mends itself, and the reducer of what it says. Knows no framework. */
export * from './apply'
export * from './backoff'
export * from './frames'
export * from './presence'
export * from './socket'
export * from './state'
