// Whether a value can be the answer to a question, as in src/cxloop/collect/surveys/flow/values.py.

import type { Value } from "../expressions/evaluate";
import { isObject } from "../expressions/values";
import type { Ask } from "./logic";

export const COMMENT = "-Comment";
export const OTHER = "other";
export const NONE = "none";
export const LONGEST_COMMENT = 20_000;
const EMAIL = /^[^\s@<>"(),:;\\[\]]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
const MOMENTS: Record<string, RegExp> = {
  date: /^\d{4}-\d\d-\d\d$/,
  "datetime-local": /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/,
  time: /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/,
};

/** A value that a question cannot have; its message is the code of why. */
export class Refused extends Error {}

const refuse = (code: string): never => {
  throw new Refused(code);
};

/** Whether nothing was said. False and 0 are something. */
export const isEmpty = (value: Value | undefined): boolean =>
  typeof value === "string"
    ? !value.trim()
    : value == null || (typeof value === "object" && !(value instanceof Date) && !Object.keys(value).length);

export function same(one: Value | undefined, two: Value | undefined): boolean {
  if (one instanceof Date && two instanceof Date) return Number(one) === Number(two);
  if (Array.isArray(one) && Array.isArray(two))
    return one.length === two.length && one.every((each, at) => same(each, two[at]));
  if (one && two && isObject(one) && isObject(two)) {
    const names = Object.keys(one);
    return names.length === Object.keys(two).length && names.every((name) => name in two && same(one[name], two[name]));
  }
  return one === two;
}

export function textOf(value: Value, longest: number): string {
  if (typeof value !== "string" && typeof value !== "number") return refuse("type");
  const text = String(value).replace(CONTROL, "");
  // Python counts an emoji once
  if (text.length > longest && [...text].length > longest) refuse("length");
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)) refuse("type");
  return text;
}

export function numberOf(value: Value): number {
  const fits = typeof value === "number" || (typeof value === "string" && value.length < 41 && value.trim());
  const found = fits ? Number(value) : NaN;
  return isFinite(found) ? found : refuse("type");
}

/** The allowed value that is meant: itself, or the one whose text a form sends. */
function among(allowed: Value[], value: Value): Value {
  const found =
    allowed.find((each) => same(each, value)) ?? allowed.find((each) => value !== null && String(each) === String(value));
  return found ?? refuse("choice");
}

const between = (value: number, { min, max }: Ask): number =>
  (typeof min === "number" && value < min) || (typeof max === "number" && value > max) ? refuse("range") : value;

const valuesOf = (ask: Ask): Value[] => [
  ...(ask.choices ?? []).map(([value]) => value),
  ...(ask.none ? [NONE] : []),
  ...(ask.other ? [OTHER] : []),
];

function some(ask: Ask, value: Value): Value {
  const allowed = valuesOf(ask);
  const found = (Array.isArray(value) ? value : [value]).map((each) => among(allowed, each));
  if (found.some((one, at) => found.slice(0, at).some((two) => same(one, two)))) refuse("choice");
  return ask.none && found.includes(NONE) ? [NONE] : found;
}

function rows(ask: Ask, value: Value): Value {
  if (!isObject(value)) return refuse("type");
  const found: { [row: string]: Value } = {};
  for (const [row, column] of Object.entries(value))
    if (!isEmpty(column)) found[String(among(ask.rows ?? [], row))] = among(valuesOf(ask), column);
  const columns = Object.values(found).map(String);
  if (ask.unique && new Set(columns).size < columns.length) refuse("choice");
  return found;
}

function line(ask: Ask, value: Value): Value {
  const text = textOf(value, ask.longest ?? LONGEST_COMMENT);
  if (ask.form === "text") return text;
  const flat = text.replace(/[\r\n]/g, " ");
  const moment = MOMENTS[ask.input ?? ""];
  if (moment) {
    if (!moment.test(flat) || (ask.input !== "time" && !isDay(flat))) refuse("type");
    if ((typeof ask.min === "string" && flat < ask.min) || (typeof ask.max === "string" && flat > ask.max))
      refuse("range");
  }
  if (ask.input === "email" && !isEmail(flat)) refuse("type");
  return flat;
}

/** Whether a day is in the calendar: 30 February is not. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const read = new Date(`${day}T00:00Z`);
  return !isNaN(Number(read)) && read.toISOString().startsWith(day) && !isNaN(Date.parse(text));
}

export const isEmail = (text: string): boolean => EMAIL.test(text.trim());

function range(ask: Ask, value: Value): Value {
  if (!Array.isArray(value) || value.length !== 2) return refuse("type");
  return value.map((each) => between(numberOf(each), ask)).sort((one, two) => one - two);
}

/** A value as it is stored for a question; throws Refused. */
export function fitting(ask: Ask, value: Value): Value {
  switch (ask.form) {
    case "one":
      return among(valuesOf(ask), value);
    case "some":
      return some(ask, value);
    case "rows":
      return rows(ask, value);
    case "number":
      return between(numberOf(value), ask);
    case "range":
      return range(ask, value);
    case "file":
      return refuse("type");
    default:
      return line(ask, value);
  }
}
