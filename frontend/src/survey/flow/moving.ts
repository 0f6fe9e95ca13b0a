// From page to page, as in src/cxloop/collect/surveys/flow/moving.py.

import type { Values } from "../expressions/evaluate";
import type { Whole } from "./logic";
import { type Settled, settle } from "./settle";

const pages = (logic: Whole): { name: string; at: number }[] => logic.nodes.filter((node) => node.kind === "page");

export const shownPages = (settled: Settled): string[] =>
  pages(settled.logic as Whole)
    .filter(({ at }) => settled.shown.has(at))
    .map(({ name }) => name);

/** The page after one, or the first; undefined when the survey is done. */
export function nextPage(logic: Whole, answers: Values, page?: string, now?: string): string | undefined {
  const settled = settle(logic, answers, now);
  if (page !== undefined && logic.triggers.some((trigger) => settled.holds(trigger))) return undefined;
  const names = pages(logic).map(({ name }) => name);
  const shown = shownPages(settled);
  return names.slice(names.indexOf(page ?? "") + 1).find((name) => shown.includes(name));
}

/** The page before one, or undefined at the first. */
export function previousPage(logic: Whole, answers: Values, page: string, now?: string): string | undefined {
  const names = pages(logic).map(({ name }) => name);
  const shown = shownPages(settle(logic, answers, now));
  return names
    .slice(0, Math.max(0, names.indexOf(page)))
    .reverse()
    .find((name) => shown.includes(name));
}

/** The place of what is said at the end among the conditional endings; -1 for the survey's own. */
export function ending(logic: Whole, answers: Values, now?: string): number {
  const settled = settle(logic, answers, now);
  return logic.closings.findIndex((closing) => settled.holds(closing));
}
