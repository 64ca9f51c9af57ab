/** Markdown as the editor writes it, with no more than one blank line between blocks; code blocks are left as they are. */
export function tidy(markdown: string): string {
  return markdown
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part, index) => (index % 2 ? part : part.replace(/\n{3,}/g, '\n\n')))
    .join('')
    .trim()
}
