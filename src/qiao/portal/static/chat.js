/* A link to the chat opens it on this page, where the guide goes on. Without it the link leads to the chat's own page. */
for (const link of document.querySelectorAll('a[data-flow]')) {
  link.addEventListener('click', (event) => {
    if (!window.qiao || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    window.qiao('flow', link.dataset.flow)
    window.qiao('ask', link.dataset.ask)
    window.qiao('open')
  })
}
