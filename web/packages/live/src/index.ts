/** The live socket client: holds (epoch, number), asks for what came after, applies it in animation frames. */
export interface LivePosition {
  epoch: string
  number: number
}
