/** Two soft notes, made rather than loaded. Browsers allow them once the visitor has touched the panel. */
export function chime(): void {
  if (!('AudioContext' in window) || (navigator.userActivation && !navigator.userActivation.hasBeenActive)) return
  const context = new AudioContext()
  for (const [at, pitch] of [
    [0, 660],
    [0.12, 880],
  ] as const) {
    const tone = context.createOscillator()
    const level = context.createGain()
    tone.frequency.value = pitch
    level.gain.setValueAtTime(0.06, context.currentTime + at)
    level.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + at + 0.25)
    tone.connect(level).connect(context.destination)
    tone.start(context.currentTime + at)
    tone.stop(context.currentTime + at + 0.3)
  }
  setTimeout(() => void context.close(), 1000)
}
