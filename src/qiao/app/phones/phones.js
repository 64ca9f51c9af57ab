// Fresh screens without loading the page anew; everything also works without this file.
const screen = document.getElementById('screen')
const problem = document.getElementById('problem')
let last = ''

const atEnd = () => screen.scrollHeight - screen.scrollTop - screen.clientHeight < 80

async function look() {
  const answer = await fetch(screen.dataset.from).catch(() => null)
  if (!answer?.ok) return
  const text = await answer.text()
  if (text === last) return
  const follow = last === '' || atEnd()
  const playing = [...screen.querySelectorAll('audio, video')].some((one) => !one.paused)
  if (playing) return
  last = text
  screen.innerHTML = text
  if (follow) screen.scrollTop = screen.scrollHeight
}

async function submit(event) {
  const form = event.target
  event.preventDefault()
  const body = new FormData(form, event.submitter)
  const plain = form.enctype === 'multipart/form-data' ? body : new URLSearchParams(body)
  form.ariaBusy = 'true'
  const answer = await fetch(form.action, { method: 'POST', body: plain, headers: { accept: 'application/json' } }).catch(() => null)
  form.ariaBusy = null
  const told = await answer?.json().catch(() => null)
  problem.textContent = answer?.ok ? '' : (told?.problem ?? String(answer?.status ?? ''))
  if (answer?.ok) form.reset()
  screen.scrollTop = screen.scrollHeight
  await look()
}

document.addEventListener('submit', submit)
document.getElementById('words').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
  event.preventDefault()
  event.target.form.requestSubmit()
})
screen.scrollTop = screen.scrollHeight
setInterval(() => document.hidden || look(), 700)
look()
