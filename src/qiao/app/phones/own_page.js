// The page in the frame stays where the customer left it while the phones of other channels are looked at.
const frame = document.getElementById('page')
const kept = `phone:${location.pathname}`
const place = sessionStorage.getItem(kept)
const start = new URL(frame.src).pathname

if (place?.startsWith(start)) frame.src = place
frame.addEventListener('load', () => {
  const now = frame.contentWindow.location
  if (now.pathname.startsWith(start)) sessionStorage.setItem(kept, now.pathname + now.search)
})
if (document.querySelector('.state.waiting')) setTimeout(() => location.reload(), 1000)
