// The survey as respondents see it, at the width of a phone or of a desktop, always of the newest draft.
import type { Desk } from "./desk";

const DESKTOP_PX = 1120;
const KEPT = "cxloop-preview";

/** A desktop is drawn at its own width and scaled down to the room that there is. */
function fit(device: HTMLElement, frame: HTMLIFrameElement): void {
  const scale = device.classList.contains("desktop") ? Math.min(1, device.clientWidth / DESKTOP_PX) : 1;
  frame.style.setProperty("--scale", String(scale));
}

export function keepPreview(desk: Desk): void {
  const device = desk.root.querySelector<HTMLElement>("#device");
  const frame = desk.root.querySelector<HTMLIFrameElement>("#frame");
  if (!device || !frame) return;
  const choose = (size: string) => {
    device.classList.toggle("phone", size === "phone");
    device.classList.toggle("desktop", size === "desktop");
    desk.root.querySelectorAll<HTMLElement>("[data-size]").forEach((button) =>
      button.setAttribute("aria-pressed", String(button.dataset.size === size)),
    );
    fit(device, frame);
  };
  desk.root.querySelector("#sizes")?.addEventListener("click", (event) => {
    const size = (event.target as HTMLElement).closest<HTMLElement>("[data-size]")?.dataset.size;
    if (!size) return;
    sessionStorage.setItem(KEPT, size);
    choose(size);
  });
  desk.root.addEventListener("drawn", (event) => {
    const fresh = (event as CustomEvent<Document>).detail.querySelector<HTMLIFrameElement>("#frame");
    const address = fresh?.getAttribute("src");
    if (!address || address === frame.getAttribute("src")) return;
    frame.src = address;
    desk.root.querySelector<HTMLAnchorElement>("#alone")?.setAttribute("href", address);
  });
  desk.root.querySelector("#language")?.addEventListener("change", (event) => {
    const here = new URL(location.href);
    here.searchParams.set("language", (event.target as HTMLSelectElement).value);
    const at = desk.root.querySelector<HTMLElement>('#outline a[aria-current="true"]')?.dataset.at;
    if (at) here.searchParams.set("at", at);
    void desk.go(here.pathname + here.search);
  });
  new ResizeObserver(() => fit(device, frame)).observe(device);
  choose(sessionStorage.getItem(KEPT) ?? "phone");
}
