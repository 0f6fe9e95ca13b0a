// A button that copies what stands beside it. It appears only where the browser lets a page write to the clipboard;
// elsewhere the text is selected by a click on it.

const SAID_MS = 2_000;

function offer(button: HTMLButtonElement, page: Document): void {
  const text = page.querySelector<HTMLElement>(button.dataset.copy ?? "");
  if (!text) return;
  const before = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent?.trim() ?? "");
    button.textContent = button.dataset.copied ?? before;
    setTimeout(() => (button.textContent = before), SAID_MS);
  });
}

export function offerCopies(page: Document): void {
  if (!navigator.clipboard) return;
  page.querySelectorAll<HTMLButtonElement>("button[data-copy]").forEach((button) => offer(button, page));
}
