/** Turns the files of one language into one catalogue: `../locales/zh/people.json` → `{ people: … }`. */
export function byNamespace(files: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(files).map(([path, messages]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), messages]),
  )
}
