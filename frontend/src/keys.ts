// Keyboard: "/" searches, "g" and a letter goes to a page, "?" shows the keys.
// Pages and their letters come from the rail (data-key), so a page that is not there has no key either.

const CHORD_MS = 1200;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function goTo(letter: string, page: Document): boolean {
  const link = page.querySelector<HTMLAnchorElement>(`a[data-key="${CSS.escape(letter)}"]`);
  if (!link) return false;
  page.location.assign(link.href);
  return true;
}

/** The search field that can be seen: the page's own before the one in the rail. */
function searchField(page: Document): HTMLInputElement | undefined {
  return [...page.querySelectorAll<HTMLInputElement>("main input[type=search], input[type=search]")].find(
    (field) => field.offsetParent !== null,
  );
}

const SEARCH = "#search";

function focusSearch(page: Document): boolean {
  const field = searchField(page);
  field?.focus();
  field?.select();
  return field !== undefined;
}

/** A page without a search field leads to the one of the customers. */
function search(page: Document): boolean {
  if (focusSearch(page)) return true;
  const link = page.querySelector<HTMLAnchorElement>('a[data-key="c"]');
  if (!link) return false;
  page.location.assign(link.href + SEARCH);
  return true;
}

function showKeys(page: Document): boolean {
  const dialog = page.querySelector<HTMLDialogElement>("#keys");
  if (!dialog || dialog.open) return false;
  dialog.showModal();
  return true;
}

/** A button that says so (data-shortcut="y ArrowRight") is pressed by its key, but never while a dialog is open. */
function pressButton(key: string, page: Document): boolean {
  if (page.querySelector("dialog[open]")) return false;
  const button = page.querySelector<HTMLButtonElement>(`button[data-shortcut~="${CSS.escape(key)}"]`);
  if (!button || button.disabled || button.offsetParent === null) return false;
  button.click();
  return true;
}

/** Listens on the whole page; a chord is forgotten after a moment. */
export function listenForKeys(page: Document): void {
  let chordUntil = 0;
  if (page.location.hash === SEARCH) focusSearch(page);
  page.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    const inChord = event.timeStamp < chordUntil;
    chordUntil = 0;
    let handled = false;
    if (inChord) handled = goTo(event.key, page);
    else if (event.key === "g") chordUntil = event.timeStamp + CHORD_MS;
    else if (event.key === "/") handled = search(page);
    else if (event.key === "?") handled = showKeys(page);
    else if (!event.repeat) handled = pressButton(event.key, page);
    if (handled) event.preventDefault();
  });
}
