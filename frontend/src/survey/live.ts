// A page whose questions, choices and marks of what is required follow the answers as they are given. The server decides
// all of it once more: this only shows at once what it will say.

import type { Value, Values } from "./expressions/evaluate";
import { accept, type Element as Node, type Logic, OTHER, type Settled, settle } from "./flow";
import { read, write } from "./form";

export class Live {
  state: Values;

  constructor(
    private readonly root: HTMLElement,
    private readonly logic: Logic,
    private readonly page: string,
    values: Values,
    private readonly wordForRequired: string,
    private readonly now: () => string | undefined = () => undefined,
  ) {
    this.unfold();
    // what the fields say now (the browser may have brought it back) on top of what is known
    const given = Object.assign({}, ...this.asked().map(([box, { name, ask }]) => read(box, name, ask!))) as Values;
    const there = { ...values, ...given };
    this.state = accept(logic, there, page, given, this.now(), false).settled.values;
    this.draw(settle(logic, this.state, this.now()));
    root.addEventListener("input", this.changed);
    root.addEventListener("change", this.changed);
  }

  /** The questions of this page that can be seen, each with its box. */
  asked(): [HTMLElement, Node][] {
    return this.logic.nodes
      .filter(({ ask }) => ask)
      .map((node) => [this.box(node), node] as const)
      .filter((pair): pair is [HTMLElement, Node] => !!pair[0]);
  }

  /** Everything that is given on the page, as the server would read it. */
  given(): Values {
    const open = this.asked().filter(([box]) => !box.hidden);
    return Object.assign({}, ...open.map(([box, { name, ask }]) => read(box, name, ask!))) as Values;
  }

  private box({ name, kind }: Node): HTMLElement | null {
    const mark = kind === "panel" ? "panel" : kind === "html" ? "statement" : "question";
    return this.root.querySelector(`[data-${mark}="${CSS.escape(name)}"]`);
  }

  /** What waits in templates comes to its place, not to be seen yet. */
  private unfold(): void {
    for (const kept of this.root.querySelectorAll<HTMLTemplateElement>("template[data-for]")) {
      const inside = kept.content.firstElementChild;
      if (inside instanceof HTMLElement) inside.hidden = true;
      kept.replaceWith(kept.content);
    }
  }

  private readonly changed = ({ target }: Event): void => {
    const box = target instanceof Element ? target.closest<HTMLElement>("[data-question]") : null;
    const node = this.logic.nodes.find(({ name, ask }) => ask && name === box?.dataset.question);
    if (!box || !node?.ask) return;
    const given = read(box, node.name, node.ask);
    const { settled } = accept(this.logic, this.state, this.page, given, this.now(), false);
    this.state = settled.values;
    this.draw(settled, box);
  };

  /** Shows what the answers ask for; leaves alone the fields that somebody is in. */
  private draw(settled: Settled, busy?: HTMLElement): void {
    for (const node of this.logic.nodes) {
      const box = this.box(node);
      if (!box) continue;
      const shown = settled.shown.has(node.at);
      if (box.hidden === shown) box.hidden = !shown;
      if (!node.ask) continue;
      const fieldset = box as HTMLFieldSetElement;
      fieldset.disabled = !shown || settled.locked(node.ask);
      this.offer(box, node, settled);
      this.mark(box, shown && settled.required(node.ask));
      if (box !== busy && write(box, node.name, node.ask, settled.values)) box.dispatchEvent(new Event("cx:written"));
    }
  }

  /** Choices that are there now, and the field for one's own where that is chosen. */
  private offer(box: HTMLElement, { name, ask }: Node, settled: Settled): void {
    if (ask!.choices?.some(([, when]) => when)) {
      const there = settled.offered(ask!).map(String);
      for (const option of box.querySelectorAll<HTMLInputElement | HTMLOptionElement>("input[name^='q:'],option[value]")) {
        const gone = !!option.value && !there.includes(option.value);
        const around = option instanceof HTMLOptionElement ? option : (option.closest("label") ?? option);
        around.hidden = option.disabled = gone;
        if (gone && option instanceof HTMLInputElement) option.checked = false;
      }
    }
    const own = box.querySelector<HTMLElement>(".other");
    const chosen: Value = settled.values[name] ?? null;
    if (own) own.hidden = !(Array.isArray(chosen) ? chosen : [chosen]).includes(OTHER);
  }

  private mark(box: HTMLElement, required: boolean): void {
    const legend = box.querySelector("legend");
    if (!legend || !!legend.querySelector(".required") === required) return;
    legend.querySelectorAll(".required,.required+.sr").forEach((mark) => mark.remove());
    if (required) {
      const star = Object.assign(document.createElement("span"), { className: "required", textContent: " *" });
      star.setAttribute("aria-hidden", "true");
      const words = document.createElement("span");
      words.className = "sr";
      words.textContent = ` (${this.wordForRequired})`;
      legend.append(star, words);
    }
  }
}
