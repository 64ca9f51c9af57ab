/** Sends one file. By XMLHttpRequest, because only it tells how far an upload has come. */
import { codeOf, parse, Refusal, ROOT } from '../visit/http.ts'
import type { FileRef } from '../visit/wire.ts'

/** `progress` hears a share from 0 to 1. */
export function upload(file: File, token: string | null, progress: (share: number) => void) {
  const request = new XMLHttpRequest()
  const done = new Promise<FileRef>((resolve, reject) => {
    request.open('POST', `${ROOT}/files`)
    request.setRequestHeader('Authorization', `Bearer ${token ?? ''}`)
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total)
    request.onerror = request.onabort = () => reject(new Refusal('network', 0))
    request.onload = () => {
      const body = parse(request.responseText)
      if (request.status < 300) resolve(body as unknown as FileRef)
      else reject(new Refusal(codeOf(body), request.status))
    }
    const form = new FormData()
    form.append('file', file, file.name)
    request.send(form)
  })
  return { done, cancel: () => request.abort() }
}
