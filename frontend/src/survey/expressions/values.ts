// Values as SurveyJS sees them; src/cxloop/collect/surveys/expressions/values.py says the same in Python.

import { dateText } from "./dates";

/** A Date is a wall-clock time: its UTC fields are what the clock shows. */
export type Value = null | boolean | number | string | Date | Value[] | { [name: string]: Value };

export const isObject = (value: Value): value is { [name: string]: Value } =>
  value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);

/** Whether a value counts as no answer. */
export const isEmpty = (value: Value): boolean =>
  isObject(value)
    ? Object.values(value).every(isEmpty)
    : Array.isArray(value)
      ? !value.length
      : !value && value !== 0 && value !== false;

export const text = (value: Value): string =>
  Array.isArray(value)
    ? value.map((item) => (item === null ? "" : text(item))).join()
    : value instanceof Date
      ? dateText(value)
      : isObject(value)
        ? "[object Object]"
        : String(value);

export const number = (value: Value): number =>
  isObject(value) ? NaN : Number(Array.isArray(value) ? text(value) : value);

/** The number that an answer's text says, or NaN: with one comma for a point, of at most 15 digits. */
export function numberIn(written: string): number {
  let trimmed = written.trim();
  if (trimmed.startsWith("0x")) return trimmed.length > 32 ? NaN : parseInt(trimmed, 16);
  if (/^\d{16,}$/.test(trimmed)) return NaN;
  if (trimmed.split(",").length === 2) trimmed = trimmed.replace(",", ".");
  const found = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : NaN;
  return isFinite(found) ? found : NaN;
}

/** An answer with texts turned into what they say: "true" into true, "5" into 5; "007" stays a text. */
export function correct(value: Value): Value {
  if (typeof value !== "string" || !value) return value;
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  if (/^['"][^]*['"]$/.test(value)) return value.slice(1, -1);
  if (/^0[^.,]/.test(value) && !value.startsWith("0x")) return value;
  const found = numberIn(value);
  return isNaN(found) ? value : found;
}

/** How many digits a number, or a text that says one, has after its point. */
export function decimals(value: Value): number {
  const counts = typeof value === "string" ? !isNaN(numberIn(value)) : typeof value === "number" && value % 1;
  return counts ? (text(value).split(".")[1] ?? "").length : 0;
}

export const fixed = (value: number, digits: number): number =>
  digits ? parseFloat(value.toFixed(Math.min(digits, 100))) : value;
