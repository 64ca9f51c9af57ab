/* Shows the nearest answers while a question is typed. Without it the form works as a form does. */
for (const form of document.querySelectorAll('form[data-near]')) {
  const field = form.querySelector('input[type=search]')
  const near = form.appendChild(document.createElement('div'))
  let timer, asked
  near.className = 'near'
  near.setAttribute('aria-live', 'polite')

  const clear = () => {
    asked?.abort()
    near.replaceChildren()
  }

  const ask = async () => {
    const question = field.value.trim()
    if (question.length < 2 && !/[^\x00-\x7f]/.test(question)) return clear()
    asked?.abort()
    asked = new AbortController()
    try {
      const answer = await fetch(form.dataset.near + '?q=' + encodeURIComponent(question), { signal: asked.signal })
      if (answer.ok && document.activeElement === field) near.innerHTML = await answer.text()
    } catch {
      // A newer question was typed, or the network is away: the form still works.
    }
  }

  field.addEventListener('input', (event) => {
    clearTimeout(timer)
    if (!event.isComposing) timer = setTimeout(ask, 180)
  })
  field.addEventListener('compositionend', () => {
    clearTimeout(timer)
    timer = setTimeout(ask, 180)
  })
  form.addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229) return
    const links = [...near.querySelectorAll('a')]
    const at = links.indexOf(document.activeElement)
    if (event.key === 'Escape' && links.length) {
      clear()
      field.focus()
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && links.length) {
      event.preventDefault()
      const next = at + (event.key === 'ArrowDown' ? 1 : -1)
      ;(links[next] ?? field).focus()
    }
  })
  form.addEventListener('focusout', (event) => {
    if (!form.contains(event.relatedTarget)) setTimeout(() => form.contains(document.activeElement) || clear(), 150)
  })
}
