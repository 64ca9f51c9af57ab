/** Language of the reader, and dates, times and numbers written the way that language writes them. */
export const LOCALES = ['zh', 'en'] as const
export type Locale = (typeof LOCALES)[number]

export * from './detect'
export * from './format'
export * from './names'
