/**
 * What the panel remembers on this device, under one prefix an inbox. Storage of a framed page may be blocked or
 * full: then everything is kept in memory and lasts as long as the page.
 */
export interface Keep {
  /** Whether what is kept outlives the page. */
  lasting: boolean
  get(name: string): string | null
  set(name: string, value: string): void
  remove(name: string): void
  names(prefix: string): string[]
  /** Calls back with the name that another tab changed. */
  watch(changed: (name: string) => void): () => void
}

export function openKeep(inboxKey: string, storage: Storage | null = usableStorage()): Keep {
  const prefix = `qiao.${inboxKey}.`
  const memory = new Map<string, string>()
  return {
    lasting: storage !== null,
    get: (name) => memory.get(name) ?? storage?.getItem(prefix + name) ?? null,
    set(name, value) {
      try {
        if (!storage) throw new Error('storage blocked')
        storage.setItem(prefix + name, value)
        memory.delete(name)
      } catch {
        memory.set(name, value)
      }
    },
    remove(name) {
      memory.delete(name)
      storage?.removeItem(prefix + name)
    },
    names(wanted) {
      const stored = storage ? Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '') : []
      const own = stored.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
      return [...new Set([...own, ...memory.keys()])].filter((name) => name.startsWith(wanted)).sort()
    },
    watch(changed) {
      const hear = (event: StorageEvent) => {
        if (event.key?.startsWith(prefix)) changed(event.key.slice(prefix.length))
      }
      addEventListener('storage', hear)
      return () => removeEventListener('storage', hear)
    },
  }
}

function usableStorage(): Storage | null {
  try {
    localStorage.setItem('qiao.probe', '1')
    localStorage.removeItem('qiao.probe')
    return localStorage
  } catch {
    return null
  }
}
