/** Which files may stand in an article, and what they are called before somebody describes them. */
const KINDS = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

export const picturesIn = (files: readonly File[]): File[] => files.filter((file) => KINDS.has(file.type))

/** A file name as a first description; names that cameras and clipboards give say nothing and become empty. */
export function altOf(name: string): string {
  const stem = name.replace(/\.[^.]+$/, '').replace(/[_-]+/g, ' ').trim()
  return /^(image|img|screenshot|屏幕截图|微信图片|dsc|photo)?[\s\d()]*$/i.test(stem) ? '' : stem
}
