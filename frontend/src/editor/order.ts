// Reordering the outline: by dragging a line to another one, or with Alt and the arrow keys on a line.
import type { Desk } from "./desk";

function lineOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("li[data-path]") : null;
}

function isPage(path: string): boolean {
  return /^pages\[\d+\]$/.test(path);
}

/** A question that is dropped on a page goes to its end; everything else goes to before what it is dropped on. */
function goal(moved: string, target: string): Record<string, string> {
  return isPage(target) && !isPage(moved) ? { to: target, into: "yes" } : { to: target };
}

export function keepOrder(desk: Desk): void {
  let dragged = "";
  const clear = () => desk.root.querySelectorAll(".drop").forEach((line) => line.classList.remove("drop"));
  desk.root.addEventListener("dragstart", (event) => {
    dragged = lineOf(event.target)?.dataset.path ?? "";
    event.dataTransfer?.setData("text/plain", dragged);
  });
  desk.root.addEventListener("dragover", (event) => {
    const line = lineOf(event.target);
    if (!dragged || !line) return;
    event.preventDefault();
    clear();
    line.classList.add("drop");
  });
  desk.root.addEventListener("dragend", () => {
    dragged = "";
    clear();
  });
  desk.root.addEventListener("drop", (event) => {
    const target = lineOf(event.target)?.dataset.path;
    if (!dragged || !target) return;
    event.preventDefault();
    clear();
    if (target !== dragged) void desk.flush().then(() => desk.send(desk.form("move", dragged, goal(dragged, target))));
  });
  desk.root.addEventListener("keydown", (event) => {
    const change = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const line = lineOf(event.target);
    if (!event.altKey || !change || !line?.draggable) return;
    event.preventDefault();
    void desk.flush().then(async () => {
      await desk.send(desk.form(change, line.dataset.path ?? ""));
      desk.root.querySelector<HTMLElement>('#outline a[aria-current="true"]')?.focus();
    });
  });
}
