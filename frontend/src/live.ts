// Numbers that move: a part of the page with data-live="/address" asks for itself anew every few seconds, only while
// somebody can see it. A server that does not answer is asked more and more rarely.

const EVERY_MS = 5_000;
const RAREST_MS = 60_000;

async function renew(part: HTMLElement): Promise<boolean> {
  // what somebody is in the middle of is left alone: a link in focus, a text being selected
  const selection = getSelection();
  if (part.contains(document.activeElement) || (selection && !selection.isCollapsed && part.contains(selection.anchorNode))) return true;
  try {
    const answer = await fetch(part.dataset.live ?? "", { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
    if (!fresh) return false;
    // only the inside: what listens to the part itself, and its place in the page, stay
    part.replaceChildren(...fresh.childNodes);
    return true;
  } catch {
    return false;
  }
}

function watch(part: HTMLElement, page: Document): void {
  let wait = EVERY_MS;
  let timer = 0;
  const plan = () => {
    clearTimeout(timer);
    if (page.visibilityState === "visible") timer = setTimeout(step, wait);
  };
  const step = async () => {
    wait = (await renew(part)) ? EVERY_MS : Math.min(2 * wait, RAREST_MS);
    if (part.isConnected) plan();
  };
  page.addEventListener("visibilitychange", plan);
  plan();
}

export function keepNumbersLive(page: Document): void {
  page.querySelectorAll<HTMLElement>("[data-live]").forEach((part) => watch(part, page));
}
