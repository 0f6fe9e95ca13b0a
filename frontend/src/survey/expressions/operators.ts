// What the operators mean; each rule that surprises is SurveyJS's own. See operators.py beside the server's parser.

import { type Clock, cut, DAY, dateOf } from "./dates";
import { decimals, fixed, isEmpty, isObject, number, text, type Value } from "./values";

export type Operator = (left: Value, right: Value, clock: Clock) => Value;

const isText = (value: Value): value is string => typeof value === "string";
const isNumber = (value: Value): value is number => typeof value === "number";
const isNested = (value: Value): boolean => value !== null && typeof value === "object";

export function equal(left: Value, right: Value): boolean {
  if (left === null || right === null) return (left ?? "") === "" && (right ?? "") === "";
  if (Array.isArray(left) && Array.isArray(right)) return sameItems(left, right);
  if (isObject(left) && isObject(right)) return sameFields(left, right);
  if (left instanceof Date && right instanceof Date) return Number(left) === Number(right);
  if (isNested(left) || isNested(right)) return false;
  if (isText(left) && isText(right)) return left.trim().toLowerCase() === right.trim().toLowerCase();
  if (isEmpty(left) || isEmpty(right)) return false;
  const pair = [left, right];
  return pair.some(isText) && pair.some((value) => typeof value === "boolean")
    ? text(left).toLowerCase() === text(right).toLowerCase()
    : number(left) === number(right);
}

function sameItems(left: Value[], right: Value[]): boolean {
  const sorted = (items: Value[]): Value[] =>
    [...items].sort((one, other) => (text(one) < text(other) ? -1 : Number(text(one) > text(other))));
  const others = sorted(right);
  return left.length === right.length && sorted(left).every((item, at) => equal(item, others[at] ?? null));
}

function sameFields(left: { [name: string]: Value }, right: { [name: string]: Value }): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && equal(left[name] ?? null, right[name] ?? null))
  );
}

/** Whether a condition with this value holds: true, and what is loosely equal to it: 1, "1", [1]. */
export const isTrue = (value: Value): boolean => value !== null && !(value instanceof Date) && number(value) === 1;

export function less(left: Value, right: Value): boolean {
  if (left === null || right === null) return false;
  const lettered = [left, right].every((value) => isText(value) || Array.isArray(value) || isObject(value));
  return lettered ? text(left) < text(right) : number(left) < number(right);
}

/** A date and a text both as dates, as exact as the coarser one of them. */
const dated =
  (compare: (left: Value, right: Value) => boolean): Operator =>
  (left, right, clock) => {
    const readBeside = (written: string, beside: Date): Date | null => {
      const found = dateOf(written, clock);
      return found && Number(cut(beside, 1000)) % DAY === 0
        ? new Date(Number(cut(found, DAY)) + found.getUTCMilliseconds())
        : found;
    };
    if (isText(left) && right instanceof Date) return compare(readBeside(left, right), cut(right, 1000));
    if (left instanceof Date && isText(right)) {
      const { length } = right;
      const coarse = cut(left, length < 11 ? DAY : length < 14 ? 3_600_000 : length < 17 ? 60_000 : 1000);
      return compare(coarse, readBeside(right, coarse));
    }
    return compare(left, right);
  };

function containing(left: Value, right: Value, wanted: boolean): boolean {
  if (Array.isArray(left)) {
    if (!left.length) return !wanted;
    const parts = Array.isArray(right) ? right : [right];
    return parts.every((part) => left.some((item) => equal(item, part))) === wanted;
  }
  if (!isObject(left) && isEmpty(left)) return false;
  return !!right && text(left).toLowerCase().includes(text(right).toLowerCase()) === wanted;
}

const contains = (left: Value, right: Value): boolean => containing(left, right, true);

function anyOf(left: Value, right: Value): boolean {
  if (isEmpty(left) || isEmpty(right)) return isEmpty(right);
  if (!Array.isArray(left)) return contains(right, left);
  return (Array.isArray(right) ? right : [right]).some((part) => contains(left, part));
}

/** What stands for no answer in arithmetic: 0, or an empty value of the kind beside it. */
function filled(value: Value, beside: Value): Value {
  if (!isEmpty(value)) return value;
  // not-a-number too is a number beside another value
  if (isNumber(beside)) return 0;
  if (isText(value) || isText(beside)) return "";
  return Array.isArray(beside) ? [] : 0;
}

const filling =
  (work: (left: Value, right: Value) => Value): Operator =>
  (given, beside) => {
    const left = filled(given, beside);
    return work(left, filled(beside, left));
  };

export const exact = (left: Value, right: Value, result: number): number =>
  fixed(result, Math.max(decimals(left), decimals(right)));

function plus(left: Value, right: Value): Value {
  const items = Array.isArray(left) ? left : right;
  if (Array.isArray(items)) {
    const other = items === left ? right : left;
    if (Array.isArray(other)) return [...(left as Value[]), ...(right as Value[])];
    if (isText(other)) {
      const joined = items.map((item) => (item === null ? "" : text(item))).join(", ");
      return items === left ? joined + other : other + joined;
    }
    if (isNumber(other))
      return [...items.filter(isNumber), other].reduce((total, item) => exact(total, item, total + item), 0);
  }
  return [left, right].some((value) => isText(value) || isNested(value))
    ? text(left) + text(right)
    : exact(left, right, number(left) + number(right));
}

export const OPERATORS: Record<string, Operator> = {
  or: filling((left, right) => left || right),
  and: filling((left, right) => left && right),
  "==": dated(equal),
  "!=": dated((left, right) => !equal(left, right)),
  "<": dated(less),
  "<=": dated((left, right) => equal(left, right) || less(left, right)),
  ">": dated((left, right) => less(right, left)),
  ">=": dated((left, right) => equal(left, right) || less(right, left)),
  "+": filling(plus),
  "-": filling((left, right) => exact(left, right, number(left) - number(right))),
  "*": filling((left, right) => fixed(number(left) * number(right), decimals(left) + decimals(right))),
  "/": filling((left, right) => (right ? number(left) / (number(right) || NaN) : null)),
  "%": filling((left, right) => (right ? number(left) % number(right) : null)),
  "^": filling((left, right) => number(left) ** number(right)),
  contains,
  notcontains: (left, right) => (!left && !isEmpty(right)) || containing(left, right, false),
  anyof: anyOf,
  allof: (left, right) =>
    (!!left || isEmpty(right)) &&
    (Array.isArray(right) ? right.every((part) => contains(left, part)) : contains(left, right)),
  noneof: (left, right) => !anyOf(left, right),
};
