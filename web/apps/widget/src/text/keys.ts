/** Whether an Enter means "send". Never while an input method is composing: there Enter confirms a candidate. */
export interface KeyFacts {
  key: string
  shiftKey: boolean
  isComposing: boolean
  /** 229 while composing; Safari ends the composition before the key and tells it only here. */
  keyCode: number
}

export function sends(event: KeyFacts): boolean {
  return event.key === 'Enter' && !event.shiftKey && !composing(event)
}

export function composing({ isComposing, keyCode }: Pick<KeyFacts, 'isComposing' | 'keyCode'>): boolean {
  return isComposing || keyCode === 229
}
