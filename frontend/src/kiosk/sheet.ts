// One page of the survey in the document: out of its template, with answers piped in and in the order of this response.

import { evaluate, type Values } from "../survey/expressions/evaluate";
import { type Element as Node, isEmpty } from "../survey/flow";
import { write } from "../survey/form";
import type { Data, Language } from "./data";

const TURNING = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/;

/** Puts a page into the place of the one before it. */
export function lay(into: HTMLElement, { logic }: Data, language: Language, page: string, values: Values): void {
  const chosen = `template[data-page="${CSS.escape(page)}"][data-language="${CSS.escape(language.code)}"]`;
  const template = document.querySelector<HTMLTemplateElement>(chosen);
  into.replaceChildren(template ? document.importNode(template.content, true) : "");
  pipe(into, logic, language, values);
  const place = logic.nodes.find(({ kind, name }) => kind === "page" && name === page)?.at;
  for (const node of logic.nodes) {
    if (node.at !== place && node.in?.[0] !== place) continue;
    if (node.random) shuffle(node, into);
    const box = into.querySelector<HTMLElement>(`[data-question="${CSS.escape(node.name)}"]`);
    if (node.ask && box) write(box, node.name, node.ask, values);
  }
}

/** Fills the braces in all texts below an element; what somebody typed never becomes a tag. */
export function pipe(root: Node_, logic: Data["logic"], language: Language, values: Values): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const everything = { ...values };
  for (const [name, tree] of logic.calculated ?? []) everything[name] = evaluate(tree, everything);
  const known = [...logic.nodes.filter(({ ask }) => ask).map(({ name }) => name), ...Object.keys(logic.hidden)];
  known.push(...(logic.calculated ?? []).map(([name]) => name));
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (!text.nodeValue?.includes("{")) continue;
    text.nodeValue = text.nodeValue.replace(/\{([^{}]{1,250})\}/g, (braces, path: string) => {
      const name = known.find((each) => each.toLowerCase() === path.trim().toLowerCase());
      return name === undefined ? braces : isolated(said(name, everything, language));
    });
  }
}

type Node_ = globalThis.Node;

/** An answer in words: the texts of what was chosen. */
function said(name: string, values: Values, { texts }: Language): string {
  const value = values[name] ?? null;
  if (isEmpty(value)) return "";
  const word = (each: unknown): string =>
    (each === "other" && values[`${name}-Comment`] ? String(values[`${name}-Comment`]) : undefined) ??
    texts[name]?.[String(each)] ??
    String(each);
  if (Array.isArray(value)) return value.map(word).join(", ");
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  if (value && typeof value === "object")
    return Object.entries(value)
      .map(([row, each]) => `${row}: ${String(each)}`)
      .join(", ");
  return word(value);
}

const isolated = (text: string): string =>
  TURNING.test(text) ? `\u2068${text.replace(/[\u2066-\u2069]/g, "")}\u2069` : text;

/** Puts what lies in an element into a random order; "none of these" and "other" stay at the end. */
function shuffle(node: Node, into: HTMLElement): void {
  const name = CSS.escape(node.name);
  const [around, what] =
    node.kind === "page"
      ? [into, ":scope > [data-question], :scope > [data-panel], :scope > [data-statement]"]
      : node.kind === "panel"
        ? [into.querySelector(`[data-panel="${name}"]`), ":scope > [data-question], :scope > [data-panel]"]
        : [into.querySelector(`[data-question="${name}"]`), ".choice, .picture, .ranking > li, .matrix > .row, option"];
  const parts = [...(around?.querySelectorAll(what) ?? [])].filter((part) => {
    const { value } = (part.matches("option") ? part : part.querySelector("input")) as HTMLInputElement;
    return node.kind === "page" || node.kind === "panel" || !["", "none", "other"].includes(value) || part.matches("li");
  });
  const marks = parts.map((part) => {
    const mark = document.createComment("");
    part.replaceWith(mark);
    return mark;
  });
  for (let left = parts.length; left; left--) {
    const [drawn] = parts.splice(crypto.getRandomValues(new Uint32Array(1))[0]! % left, 1);
    marks[left - 1]!.replaceWith(drawn!);
  }
}
