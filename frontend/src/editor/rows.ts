// Lists that grow: as soon as the empty line at the end says something, there is another empty one.

function fresh(line: HTMLElement): HTMLElement {
  const copy = line.cloneNode(true) as HTMLElement;
  for (const field of copy.querySelectorAll<HTMLInputElement>("input")) {
    field.value = "";
    field.removeAttribute("value");
  }
  for (const field of copy.querySelectorAll<HTMLElement>("[name]")) {
    // row-choices-3-text, quotas-3-when: the number of the line is the last one of the name
    field.setAttribute("name", (field.getAttribute("name") ?? "").replace(/-(\d+)-([A-Za-z]+)$/, (_all, n: string, what: string) => `-${Number(n) + 1}-${what}`));
    field.setAttribute("aria-label", (field.getAttribute("aria-label") ?? "").replace(/\d+$/, (n) => String(Number(n) + 1)));
  }
  return copy;
}

/** Empties a line and takes it away; the form then says nothing of it any more. */
function remove(button: HTMLElement): void {
  const line = button.closest("li");
  const list = line?.parentElement;
  if (!line?.nextElementSibling) return;
  line.remove();
  list?.dispatchEvent(new Event("input", { bubbles: true }));
  list?.querySelector<HTMLInputElement>("li:last-child input")?.focus();
}

export function growRows(root: HTMLElement): void {
  root.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !field.value) return;
    const line = field.closest<HTMLElement>("[data-rows] > li, [data-lines] > tr");
    if (line && !line.nextElementSibling) line.after(fresh(line));
  });
  root.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>(".drop-row");
    if (button) remove(button);
  });
}
