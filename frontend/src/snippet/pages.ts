// Page views: the first, each navigation within the page by the history, and coming back to a page that was kept whole.

import type { Tracker } from "./tracker";

const here = (): string => location.origin + location.pathname + location.search;

export function watchPages(tracker: Tracker): void {
  let last = here();
  const moved = (): void => {
    const now = here();
    if (now === last) return;
    const from = last;
    last = now;
    // after the app had its turn: it sets the title when it has drawn the page
    setTimeout(() => {
      tracker.moved(from);
      tracker.page();
    });
  };
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = function (this: History, ...given: Parameters<History["pushState"]>): void {
      original.apply(this, given);
      moved();
    };
  }
  addEventListener("popstate", moved);
  addEventListener("pageshow", (event) => {
    if (event.persisted) tracker.page();
  });
  const drawn = document as Document & { prerendering?: boolean };
  if (drawn.prerendering) document.addEventListener("prerenderingchange", () => tracker.page(), { once: true });
  else tracker.page();
}
