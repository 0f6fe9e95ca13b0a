// Undo and redo: the documents that were saved before, and those that were taken back.
import type { Desk, Draft } from "./desk";

const MOST_STEPS = 100;

export function keepSteps(desk: Desk): void {
  const undo = document.querySelector<HTMLButtonElement>("#undo");
  const redo = document.querySelector<HTMLButtonElement>("#redo");
  if (!undo || !redo || !desk.root.querySelector("#fields")) return;
  const past: string[] = [];
  const future: string[] = [];
  let stepping = false;
  const show = () => {
    undo.disabled = past.length === 0;
    redo.disabled = future.length === 0;
  };
  desk.onChange((before: Draft) => {
    if (stepping) return;
    past.push(before.text);
    if (past.length > MOST_STEPS) past.shift();
    future.length = 0;
    show();
  });
  const step = async (from: string[], to: string[]) => {
    if (stepping) return;
    await desk.flush();
    const text = from.pop();
    if (text === undefined) return;
    const now = desk.draft.text;
    stepping = true;
    const at = desk.root.querySelector<HTMLElement>('#outline a[aria-current="true"]')?.dataset.at ?? "";
    const done = await desk.send(desk.form("document", at, { document: text }));
    stepping = false;
    (done ? to : from).push(done ? now : text);
    show();
  };
  undo.hidden = redo.hidden = false;
  undo.addEventListener("click", () => void step(past, future));
  redo.addEventListener("click", () => void step(future, past));
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
    if (typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    void (event.shiftKey ? step(future, past) : step(past, future));
  });
  show();
}
