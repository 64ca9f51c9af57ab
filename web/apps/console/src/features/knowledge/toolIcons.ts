/** Strokes of the editing tools, on the same 24 px grid as the kit's icons. */
import { ICONS } from '@qiao/ui'

export const TOOL_ICONS = {
  bold: 'M7 5h6a3.5 3.5 0 0 1 0 7H7zM7 12h7a3.5 3.5 0 0 1 0 7H7z',
  italic: 'M11 5h6M7 19h6M14 5l-4 14',
  heading: 'M5 5v14M14 5v14M5 12h9M18 11.5l2.5-1.5v9',
  subheading: 'M4 5v14M12 5v14M4 12h8M16 12.5a2.3 2.3 0 1 1 4.2 1.3L16 19h4.7',
  bullets: ICONS.list,
  numbers: 'M10 6h10M10 12h10M10 18h10M4 4.5l1.5-.8V9M3.8 14.8a1.3 1.3 0 1 1 2.3 1L3.8 19h2.6',
  quote: ICONS.quote,
  code: ICONS.code,
  link: ICONS.link,
  image: ICONS.image,
  table: 'M4 5h16v14H4zM4 10h16M4 14.5h16M12 5v14',
  undo: ICONS.undo,
  redo: 'M16 5l4.5 4.5L16 14M20.5 9.5H10a5.5 5.5 0 0 0 0 11h5',
} as const

export type ToolIcon = keyof typeof TOOL_ICONS
