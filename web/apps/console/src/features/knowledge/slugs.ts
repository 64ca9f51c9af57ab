/** An address name made from an English title: lower case, hyphens. Chinese gives none; the writer then chooses one. */
export const slugFrom = (title: string): string =>
  title.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60)
