import { render } from 'preact'

const words = { zh: '您好，有什么可以帮您？', en: 'Hello. How can we help?' }
const greeting = navigator.language.startsWith('zh') ? words.zh : words.en

function Panel() {
  return (
    <main>
      <h1>{greeting}</h1>
    </main>
  )
}

const root = document.getElementById('panel')
if (root) render(<Panel />, root)
