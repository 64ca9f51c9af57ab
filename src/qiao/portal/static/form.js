/* Questions that depend on an answer are shown when it is given. Without this script all are shown, and the server asks for those alone. */
const form = document.querySelector('form')
const answerOf = (name) => {
  const field = form.elements.namedItem(name)
  if (!field || field.closest('[hidden]')) return ''
  return field.type === 'checkbox' ? (field.checked ? field.value : '') : field.value
}
const showAsked = () => {
  for (const part of form.querySelectorAll('[data-when]')) part.hidden = answerOf(part.dataset.when) !== part.dataset.equals
}
form.addEventListener('input', showAsked)
form.addEventListener('submit', () => setTimeout(() => (form.querySelector('.send').disabled = true)))
addEventListener('pageshow', () => (form.querySelector('.send').disabled = false))
showAsked()
document.getElementById('wrong')?.focus()

// The customer's own page: answers appear without loading it anew, and what is being written there stays.
const answers = document.querySelector('.answers')?.closest('section')
const look = async () => {
  if (document.hidden) return
  const page = await fetch(location.href).catch(() => null)
  if (!page?.ok) return
  const found = new DOMParser().parseFromString(await page.text(), 'text/html').querySelector('.answers')?.closest('section')
  if (found && found.innerHTML !== answers.innerHTML) answers.replaceChildren(...found.childNodes)
}
if (answers) {
  answers.ariaLive = 'polite'
  addEventListener('focus', look)
  setInterval(look, 10_000)
}
