/** Runs in the company's page: puts one button there and opens the panel in a frame when it is asked for. */
const script = document.currentScript as HTMLScriptElement | null

function open(origin: string): void {
  const frame = document.createElement('iframe')
  frame.src = `${origin}/widget/panel.html`
  frame.title = 'Qiao'
  frame.style.cssText = 'position:fixed;right:20px;bottom:88px;width:380px;height:600px;border:0;border-radius:12px'
  document.body.append(frame)
}

if (script) {
  const origin = new URL(script.src).origin
  const button = document.createElement('button')
  button.textContent = document.documentElement.lang.startsWith('zh') ? '联系我们' : 'Contact us'
  button.style.cssText = 'position:fixed;right:20px;bottom:20px'
  button.addEventListener('click', () => open(origin), { once: true })
  document.body.append(button)
}
