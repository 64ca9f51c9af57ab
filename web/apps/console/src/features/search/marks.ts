/** Where the words of a query stand in a text, regardless of case. */
export interface Part {
  text: string
  hit: boolean
}

export function markedParts(text: string, query: string): Part[] {
  const words = query.trim().split(/\s+/).filter(Boolean).sort((a, b) => b.length - a.length)
  if (words.length === 0) return [{ text, hit: false }]
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'giu')
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, hit: index % 2 === 1 }))
    .filter((part) => part.text !== '')
}
