// What stands in the fields of a question, and back: the names are those that the server reads (questions.html).

import type { Value, Values } from "./expressions/evaluate";
import { type Ask, COMMENT, isEmpty, same } from "./flow";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const fields = (box: Element, start: string): Field[] =>
  [...box.querySelectorAll<Field>("input,textarea,select")].filter(({ name }) => name.startsWith(start));

const isTick = (field: Field): field is HTMLInputElement => field.type === "radio" || field.type === "checkbox";

/** The value of a question with the type that it has among the answers; the text itself where it is none of them. */
const typed = ({ choices, other, none }: Ask, written: string): Value =>
  choices?.map(([value]) => value).find((value) => String(value) === written) ??
  ((other && written === "other") || (none && written === "none") ? written : written);

/** A number with a comma as most of Europe writes it. */
const point = (text: string): string => (/^-?\d+,\d+$/.test(text.trim()) ? text.trim().replace(",", ".") : text.trim());

function valueOf(box: Element, ask: Ask): Value {
  switch (ask.form) {
    case "rows":
      return rowsOf(box, ask);
    case "range": {
      const ends = fields(box, "q:").map(({ value }) => point(value));
      return ends.some((end) => end) ? ends : null;
    }
    case "some": {
      const order = fields(box, "k:");
      if (order.length) return ranked(box, ask);
      const ticked = fields(box, "q:").filter((field) => (field as HTMLInputElement).checked);
      return ticked.map(({ value }) => typed(ask, value));
    }
    default: {
      const found = fields(box, "q:").find((field) => !isTick(field) || field.checked)?.value ?? "";
      if (ask.form === "text") return found;
      return found && ask.form === "one" ? typed(ask, found) : ask.form === "number" ? point(found) : found.trim();
    }
  }
}

function rowsOf(box: Element, ask: Ask): Value {
  const found: { [row: string]: Value } = {};
  for (const field of fields(box, "r:")) {
    const row = (ask.rows ?? [])[Number(field.name.split(":")[1])];
    if ((field as HTMLInputElement).checked && row !== undefined) found[String(row)] = typed(ask, field.value);
  }
  return found;
}

function ranked(box: Element, ask: Ask): Value {
  const offered = [...box.querySelectorAll<HTMLElement>("li[data-value]")].filter((item) => !item.hidden).length;
  const order = [...box.querySelectorAll<HTMLElement>("li[data-value]")]
    .map((item) => [Number(item.querySelector("select")?.value), item.dataset.value ?? ""] as const)
    .filter(([place]) => place > 0)
    .sort(([one], [two]) => one - two)
    .map(([, value]) => typed(ask, value));
  // an order of some only is refused, as a choice that comes twice is
  return order.length && order.length < offered && !ask.loose ? [...order, order[0]!] : order;
}

/** What is given for a question, and for the words beside it. */
export function read(box: Element, name: string, ask: Ask): Values {
  const found: Values = { [name]: valueOf(box, ask) };
  const beside = fields(box, "c:")[0];
  if (beside) found[name + COMMENT] = beside.value;
  return found;
}

/** Puts answers into the fields of a question; returns whether they were others before. */
export function write(box: Element, name: string, ask: Ask, values: Values): boolean {
  const value = values[name] ?? null;
  const beside = fields(box, "c:")[0];
  const words = String(values[name + COMMENT] ?? "");
  let changed = false;
  if (beside && beside.value !== words) {
    beside.value = words;
    changed = true;
  }
  if (alike(read(box, name, ask)[name] ?? null, value) || ask.form === "file") return changed;
  put(box, ask, value);
  return true;
}

/** Whether a field says a value: fields hold texts. */
const alike = (field: Value, value: Value): boolean =>
  (isEmpty(field) && isEmpty(value)) ||
  same(field, value) ||
  (!isEmpty(field) && !isEmpty(value) && typeof value !== "object" && Number(field) === Number(value)) ||
  (Array.isArray(field) && Array.isArray(value) && String(field) === String(value));

function put(box: Element, ask: Ask, value: Value): void {
  const list = (Array.isArray(value) ? value : isEmpty(value) ? [] : [value]).map(String);
  const rows = ask.form === "rows" ? ((value ?? {}) as { [row: string]: Value }) : {};
  fields(box, "q:").forEach((field, at) => {
    if (isTick(field)) field.checked = list.includes(field.value);
    else field.value = list[at] ?? "";
  });
  for (const field of fields(box, "r:") as HTMLInputElement[]) {
    const row = (ask.rows ?? [])[Number(field.name.split(":")[1])];
    field.checked = String(rows[String(row)] ?? "") === field.value && String(row) in rows;
  }
  for (const item of box.querySelectorAll<HTMLElement>("li[data-value]")) {
    const place = item.querySelector("select");
    if (place) place.value = String(list.indexOf(item.dataset.value ?? "") + 1 || "");
  }
}
