/** Markdown's marks left out and white space closed up, for one line in a list. */
export function plainLine(text: string): string {
  return text.replace(/[*_`#>]+|\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\s+/g, ' ').trim()
}
