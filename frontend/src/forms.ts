// Forms that ask (GET) leave empty fields out of the address, so that it stays short enough to read and to share.

export function keepFormsTidy(page: Document): void {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "get") return;
    const empty = [...form.elements].filter(
      (field): field is HTMLInputElement | HTMLSelectElement =>
        (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) && field.value === "" && !field.disabled,
    );
    for (const field of empty) field.disabled = true;
    // The browser has read the fields by then; "back" must find them usable.
    setTimeout(() => empty.forEach((field) => (field.disabled = false)));
  });
}
