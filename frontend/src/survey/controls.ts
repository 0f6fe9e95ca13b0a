// What makes single questions quicker with a script: the fields themselves stay, and stay what is sent.

const said = (field: EventTarget): void => {
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
};

const all = <Kind extends Element>(root: Element, selector: string): Kind[] => [
  ...root.querySelectorAll<Kind>(selector),
];

/** All of them, for what stands on a page. */
export function improve(root: HTMLElement): void {
  all<HTMLElement>(root, ".scale").forEach(digits);
  all<HTMLElement>(root, ".slider").forEach(slide);
  all<HTMLTextAreaElement>(root, "textarea[data-longest]").forEach(count);
  all<HTMLElement>(root, ".ranking").forEach(rank);
}

/** Digits choose on a scale while it has the focus; 1 and then 0 is 10. */
function digits(scale: HTMLElement): void {
  let typed = "";
  let at = 0;
  scale.addEventListener("keydown", (event) => {
    if (!/^\d$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    typed = event.timeStamp - at < 800 ? typed + event.key : event.key;
    at = event.timeStamp;
    const steps = all<HTMLInputElement>(scale, "input");
    const find = (text: string): HTMLInputElement | undefined => steps.find(({ value }) => value === text);
    const found = find(typed) ?? find(event.key);
    if (!found) return;
    event.preventDefault();
    found.checked = true;
    found.focus();
    said(found);
  });
}

/** A track beside each number: the number is what counts, and stays empty until somebody says something. */
function slide(slider: HTMLElement): void {
  const { min = "0", max = "100", step = "1" } = slider.dataset;
  const title = slider.closest("fieldset")?.querySelector("legend")?.textContent ?? "";
  for (const number of all<HTMLInputElement>(slider, "input[type=number]")) {
    const track = Object.assign(document.createElement("input"), { type: "range", min, max, step, className: "track" });
    track.setAttribute("aria-label", title.trim());
    const show = (): void => {
      track.value = number.value || String((Number(min) + Number(max)) / 2);
      track.classList.toggle("unset", !number.value);
    };
    const take = (): void => {
      number.value = track.value;
      track.classList.remove("unset");
      said(number);
    };
    track.addEventListener("input", (event) => {
      event.stopPropagation();
      take();
    });
    // a tap on the middle changes nothing, and yet says the middle
    track.addEventListener("click", () => !number.value && take());
    number.addEventListener("input", show);
    slider.closest("fieldset")?.addEventListener("cx:written", show);
    number.before(track);
    show();
  }
}

/** How many characters are left, near the end also aloud. */
function count(area: HTMLTextAreaElement): void {
  const longest = Number(area.dataset.longest);
  const left = document.createElement("p");
  left.className = "left hint";
  area.after(left);
  const show = (): void => {
    const used = [...area.value].length;
    left.textContent = `${used} / ${longest}`;
    left.classList.toggle("over", used > longest);
    left.setAttribute("role", used > longest * 0.9 ? "status" : "none");
  };
  area.addEventListener("input", show);
  area.closest("fieldset")?.addEventListener("cx:written", show);
  show();
}

/** An order by its numbers, which keyboards reach, or by dragging. */
function rank(list: HTMLElement): void {
  const items = (): HTMLElement[] => all<HTMLElement>(list, "li");
  const place = (item: HTMLElement): HTMLSelectElement => item.querySelector("select")!;
  const number = (order: HTMLElement[]): void => {
    items().forEach((item) => (place(item).value = order.includes(item) ? String(order.indexOf(item) + 1) : ""));
    const focused = document.activeElement;
    list.append(...order, ...items().filter((item) => !order.includes(item)));
    if (focused instanceof HTMLElement && list.contains(focused)) focused.focus();
  };
  const order = (): HTMLElement[] =>
    items()
      .filter((item) => place(item).value)
      .sort((one, two) => Number(place(one).value) - Number(place(two).value));
  list.closest("fieldset")?.addEventListener("cx:written", () => number(order()));
  list.addEventListener("change", ({ target }) => {
    const item = (target as Element).closest("li");
    if (!item) return;
    const wanted = Number(place(item).value);
    const others = order().filter((each) => each !== item);
    if (wanted) others.splice(wanted - 1, 0, item);
    number(others);
    list.dispatchEvent(new Event("input", { bubbles: true }));
  });
  items().forEach((item) => grip(item, items, () => number(items()), list));
}

function grip(item: HTMLElement, items: () => HTMLElement[], settle: () => void, list: HTMLElement): void {
  const handle = document.createElement("span");
  handle.className = "grip";
  handle.setAttribute("aria-hidden", "true");
  handle.textContent = "⠿";
  item.append(handle);
  let moved = false;
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    item.classList.add("dragged");
    moved = false;
    event.preventDefault();
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const middle = (each: HTMLElement): number => each.getBoundingClientRect().top + each.offsetHeight / 2;
    const below = items().find((each) => each !== item && event.clientY < middle(each));
    if (below !== item.nextElementSibling) {
      list.insertBefore(item, below ?? null);
      // the browser lets go of what is moved in the document
      handle.setPointerCapture(event.pointerId);
      moved = true;
    }
  });
  handle.addEventListener("pointerup", () => {
    item.classList.remove("dragged");
    if (!moved) return;
    settle();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
