/** Two short notes made by the browser itself: a file need not be fetched, and nothing plays before the person has touched the page. */
let context: AudioContext | null = null

const NOTES: Record<'waiting' | 'message', readonly [number, number][]> = {
  waiting: [
    [0, 659.25],
    [0.14, 880],
  ],
  message: [[0, 784]],
}

function note(audio: AudioContext, start: number, pitch: number): void {
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  tone.type = 'sine'
  tone.frequency.value = pitch
  volume.gain.setValueAtTime(0, start)
  volume.gain.linearRampToValueAtTime(0.12, start + 0.015)
  volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.35)
  tone.connect(volume).connect(audio.destination)
  tone.start(start)
  tone.stop(start + 0.4)
}

/** Plays the chime; silently does nothing where the browser does not allow sound yet. */
export function chime(kind: keyof typeof NOTES): void {
  if (!navigator.userActivation.hasBeenActive) return
  try {
    context ??= new AudioContext()
    const audio = context
    if (audio.state === 'suspended') void audio.resume()
    for (const [delay, pitch] of NOTES[kind]) note(audio, audio.currentTime + delay, pitch)
  } catch {
    // No audio device: the badge and the notice still tell.
  }
}
