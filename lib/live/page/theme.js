// Light, dark, or as the system: chosen before the first picture, so that it does not flash. A plain script, which a browser runs at once.

{
  const choices = ['auto', 'light', 'dark']
  const system = matchMedia('(prefers-color-scheme: dark)')
  let choice = 'auto'
  try {
    choice = choices.find((known) => known === localStorage.getItem('ebb-theme')) ?? 'auto'
  } catch {
    // Where nothing may be stored, the choice lasts as long as the page.
  }
  const apply = () => {
    document.documentElement.dataset.theme = choice === 'auto' ? (system.matches ? 'dark' : 'light') : choice
  }
  apply()
  const theme = {
    choice: () => choice,
    next() {
      choice = /** @type {string} */ (choices[(choices.indexOf(choice) + 1) % choices.length])
      try {
        localStorage.setItem('ebb-theme', choice)
      } catch {
        // As above.
      }
      apply()
    },
    /** @param {() => void} changed called when the system changes between light and dark */
    onSystem: (changed) =>
      system.addEventListener('change', () => {
        apply()
        changed()
      }),
  }
  Object.assign(globalThis, { theme })
}
