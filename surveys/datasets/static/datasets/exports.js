// While an export waits or runs, fetches the page again and puts its list in place of ours.
const unfinished = () => document.querySelector('#exports [data-state=waiting], #exports [data-state=running]')

async function refresh() {
  const answer = await fetch(location.href)
  if (!answer.ok) return
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  document.querySelector('#exports').replaceWith(page.querySelector('#exports'))
}

async function watch() {
  while (unfinished()) {
    await new Promise((wake) => setTimeout(wake, 1500))
    await refresh().catch(() => {}) // the server may be restarting
  }
}

watch()
