/** Brings the current tab into view where a narrow screen shows only some of them. */
export function showCurrentTab(page: Document): void {
  for (const strip of page.querySelectorAll<HTMLElement>(".tabs")) {
    const current = strip.querySelector<HTMLElement>('[aria-current="page"]');
    if (current) strip.scrollLeft = current.offsetLeft - strip.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
  }
}
