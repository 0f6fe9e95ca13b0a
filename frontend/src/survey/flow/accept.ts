// What of a page's answers is kept and what is missing, as in src/cxloop/collect/surveys/flow/accepting.py.

import type { Value, Values } from "../expressions/evaluate";
import type { Ask, Check, Element, Logic, Whole } from "./logic";
import { Settled, settle } from "./settle";
import { COMMENT, fitting, isEmail, isEmpty, LONGEST_COMMENT, NONE, numberOf, OTHER, Refused, same, textOf } from "./values";

export interface Problem {
  question: string;
  code: string;
}

export interface Accepted {
  settled: Settled;
  problems: Problem[];
}

type Asked = Element & { ask: Ask };

/** What a survey starts with: variables of the link, defaults, and what follows from them. */
export function begin(logic: Whole, link: Values, now?: string): Settled {
  const filled: Values = {};
  for (const [name, value] of Object.entries({ ...logic.hidden, ...link }))
    if (name in logic.hidden && !isEmpty(value)) filled[name] = value;
  return settle(logic, filled, now, new Settled(logic, {}, now));
}

/** The answers after a page was sent; `whole` where it is left, so that what is required has to be there. */
export function accept(
  logic: Logic,
  answers: Values,
  page: string,
  given: Values,
  now?: string,
  whole = true,
): Accepted {
  const before = settle(logic, answers, now);
  const mine = questionsOf(logic, page);
  const values = { ...before.values };
  const changed: string[] = [];
  let problems: Problem[] = [];
  for (const [name, value] of Object.entries(given)) {
    const asked = mine.find((each) => each.name === name || each.name + COMMENT === name);
    if (!asked || before.locked(asked.ask)) continue;
    try {
      take(values, changed, asked, name, value);
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
      problems.push({ question: asked.name, code: failure.message });
    }
  }
  let settled = settle(logic, values, now, before, changed);
  const shown = mine.filter(({ at }) => settled.shown.has(at));
  problems = problems.filter(({ question }) => shown.some(({ name }) => name === question));
  if (whole) {
    const already = new Set(problems.map(({ question }) => question));
    problems.push(...shown.filter(({ name }) => !already.has(name)).flatMap((asked) => missing(settled, asked)));
  }
  const wrong = shown.flatMap((asked) => invalid(settled, asked));
  if (wrong.length) settled = without(settled, wrong, before, changed);
  return { settled, problems: [...problems, ...wrong] };
}

/** The answers without those that break a rule of the survey: what was there before them stays. */
function without(after: Settled, wrong: Problem[], before: Settled, changed: string[]): Settled {
  const values = { ...after.values };
  for (const { question } of wrong) {
    delete values[question];
    const old = before.values[question];
    if (old !== undefined && changed.includes(question)) values[question] = old;
  }
  return settle(after.logic, values, after.now, before, changed);
}

function questionsOf(logic: Logic, page: string): Asked[] {
  const place = logic.nodes.find(({ in: within, name }) => !within && name === page)?.at;
  return logic.nodes.filter((node): node is Asked => !!node.ask && node.in?.[0] === place);
}

function take(values: Values, changed: string[], { name: question, ask }: Asked, name: string, value: Value): void {
  let found: Value | undefined;
  if (!isEmpty(value)) {
    if (name === question) found = fitting(ask, value);
    else if (ask.comment || ask.other) found = textOf(value, LONGEST_COMMENT);
    else throw new Refused("type");
  }
  if (!same(found, values[name])) changed.push(name);
  delete values[name];
  if (found !== undefined && !isEmpty(found)) values[name] = found;
}

function missing(settled: Settled, { name, ask, kind }: Asked): Problem[] {
  const value = settled.values[name];
  const problem = (code: string): Problem[] => [{ question: name, code }];
  if (value === undefined) {
    if (settled.required(ask)) return problem("required");
    if (/checkbox|tagbox/.test(kind) && ask.least) return problem("count");
  }
  const chosen = Array.isArray(value) ? value : [value];
  if (ask.other && chosen.includes(OTHER) && isEmpty(settled.values[name + COMMENT])) return problem("other");
  const rows = Object.keys((value as object | undefined) ?? {}).length;
  return ask.whole && rows < (ask.rows ?? []).length ? problem("rows") : [];
}

/** What the survey's own rules say against an answer that is there. */
function invalid(settled: Settled, { name, ask }: Asked): Problem[] {
  const value = settled.values[name];
  if (value === undefined) return [];
  const codes = (ask.checks ?? []).filter((check) => !passes(check, value, settled)).map(({ type }) => type as string);
  if (Array.isArray(value) && !value.includes(NONE)) {
    if (ask.most && value.length > ask.most) codes.unshift("count");
    if (ask.least && value.length < ask.least) codes.unshift("count");
  }
  return codes.map((code) => ({ question: name, code }));
}

function passes(check: Check, value: Value, settled: Settled): boolean {
  const text = String(value);
  switch (check.type) {
    case "numeric":
      return within(value, check.min_value, check.max_value);
    case "text":
      return (
        [...text].length >= (check.min_length ?? 0) &&
        !(check.max_length && [...text].length > check.max_length) &&
        !(check.allow_digits === false && /\p{Nd}/u.test(text))
      );
    case "email":
      return isEmail(text);
    case "regex":
      return matches(check, text);
    case "answercount": {
      const count = Array.isArray(value) ? value.length : 1;
      return count >= (check.min_count ?? 0) && !(check.max_count && count > check.max_count);
    }
    default:
      return !check.expression || settled.holds(check.expression);
  }
}

function within(value: Value, low = -Infinity, high = Infinity): boolean {
  try {
    const found = numberOf(value);
    return found >= low && found <= high;
  } catch {
    return false;
  }
}

function matches({ regex = "", case_insensitive: loosely }: Check, text: string): boolean {
  try {
    return new RegExp(regex, loosely ? "iu" : "u").test(text);
  } catch {
    return true; // Python reads patterns that a browser does not; the server decides
  }
}
