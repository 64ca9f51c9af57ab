/** The few drawings of the panel, one path each, in the colour of the text beside them. */
const PATHS = {
  mark: 'M3 23c0-8.5 5.8-14 13-14s13 5.500 13 14M3 28h26',
  close: 'M8 8l16 16M24 8L8 24',
  send: 'M16 26V6M7 15l9-9 9 9',
  clip: 'M22 9v12a6 6 0 0 1-12 0V8a4 4 0 0 1 8 0v12a2 2 0 0 1-4 0V10',
  up: 'M10 14l5-10c2 0 3.500 1.500 3 4l-1 4h7c1.800 0 3 1.600 2.500 3.500l-2 8C24 25.500 22.500 26 21 26H10zM10 14H5v12h5',
  down: 'M22 18l-5 10c-2 0-3.500-1.500-3-4l1-4H8c-1.800 0-3-1.600-2.500-3.500l2-8C8 6.500 9.500 6 11 6h11zM22 18h5V6h-5',
  page: 'M8 4h11l6 6v18H8zM19 4v6h6M12 16h9M12 21h9',
  person: 'M16 15a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM6 27c1-5 5-7 10-7s9 2 10 7',
  more: 'M16 7.500v1M16 15.500v1M16 23.500v1',
  again: 'M26 16a10 10 0 1 1-3-7M26 4v6h-6',
  moon: 'M26 18a10 10 0 1 1-12-12 8 8 0 0 0 12 12z',
}

export function Icon({ name, size = 20 }: { name: keyof typeof PATHS; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
