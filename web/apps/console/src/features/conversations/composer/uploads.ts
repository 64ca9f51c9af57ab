/** Files on their way into a message: shown at once, uploaded in the background, tried again by hand. */
import { uploadFile } from '@/app/api'
import { sayProblem } from '@/app/toasts'
import type { Id } from '@/app/wire'
import { writingOf, type Upload } from './drafts'

async function carry(upload: Upload): Promise<void> {
  upload.state = 'uploading'
  upload.why = ''
  try {
    upload.stored = await uploadFile(upload.file)
    upload.state = 'done'
  } catch (error) {
    upload.state = 'failed'
    upload.why = sayProblem(error)
  }
}

export function addFiles(id: Id, files: readonly File[]): void {
  const writing = writingOf(id)
  for (const file of files.slice(0, 10)) {
    const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : null
    const { name, type, size } = file
    writing.uploads.push({ id: crypto.randomUUID(), name, type, size, preview, state: 'uploading', why: '', stored: null, file })
    const added = writing.uploads.at(-1)
    if (added) void carry(added)
  }
}

export function retryUpload(upload: Upload): void {
  void carry(upload)
}

export function removeUpload(id: Id, uploadId: string): void {
  const writing = writingOf(id)
  const gone = writing.uploads.find((item) => item.id === uploadId)
  if (gone?.preview) URL.revokeObjectURL(gone.preview)
  writing.uploads = writing.uploads.filter((item) => item.id !== uploadId)
}
