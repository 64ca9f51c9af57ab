/** Of the servers that this page has talked to; where there are two, another page may be there. */
export const versions = new Set<string>()
