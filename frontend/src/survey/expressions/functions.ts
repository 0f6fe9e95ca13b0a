// The functions of the language, as in functions.py beside the server's parser.

import { add, type Clock, cut, DAY, dateOf, monthsBetween, STEPS } from "./dates";
import { exact, less } from "./operators";
import { isEmpty, number, numberIn, text, type Value } from "./values";

type Work = (values: Value[], clock: Clock) => Value;
/** What it does, and how many values it takes: at least, at most. */
type Function = [Work, number, number];

const MANY = 100;

/** Values, and those in lists, without null; texts that say a number as numbers. */
const flat = (values: Value[]): Value[] =>
  values.flatMap((value) => {
    if (Array.isArray(value)) return flat(value);
    const found = typeof value === "string" ? numberIn(value) : NaN;
    return value === null ? [] : [isNaN(found) ? value : found];
  });

const numbers = (values: Value[]): number[] =>
  flat(values).filter((value): value is number => typeof value === "number" || typeof value === "boolean");

const sum = (values: Value[]): number =>
  numbers(values).reduce((total, value) => exact(total, value, total + Number(value)), 0);

const extreme = (values: Value[], better: (one: Value, best: Value) => boolean): Value =>
  flat(values).reduce<Value>((best, value) => (best === null || better(value, best) ? value : best), null);

/** A number and its digits, where both are numbers. */
function rounding(values: Value[], round: (value: number, digits: number) => number): Value {
  const [value = null, digits = 0] = flat(values);
  const places = digits || 0;
  const found = Number.isFinite(value) && Number.isFinite(places) ? round(value as number, places as number) : NaN;
  return isFinite(found) ? found : null;
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale * (1 + Number.EPSILON)) / scale;
}

function trunc(value: number, digits: number): number {
  const places = Math.trunc(digits);
  const pattern = places > 0 ? `^-?\\d+(?:\\.\\d{0,${Math.min(places, 99)}})?` : "^-?\\d+";
  return Number(new RegExp(pattern).exec(String(value))?.[0]);
}

const given = (value: Value | undefined, clock: Clock): Date | null => (value ? dateOf(value, clock) : null);

const part =
  (read: (wall: Date) => number): Work =>
  ([value], clock) => {
    const wall = value ? dateOf(value, clock) : clock.wall;
    return wall && read(wall);
  };

const shifted = (wall: Date, count: Value, unit: string): Date | null =>
  isFinite(number(count)) ? add(wall, number(count), unit) : null;

function between(first: Date | null, second: Date | null, unit: string): Value {
  if (!first || !second) return null;
  const months = monthsBetween(first, second);
  if (unit === "months") return months;
  if (unit === "years") return Math.trunc(months / 12);
  const step = STEPS[unit];
  const [from, to] = [first, second].map((wall) => Number(unit === "days" ? cut(wall, DAY) : wall));
  return step ? Math.ceil(Math.abs(Number(to) - Number(from)) / step) : null;
}

const unitOf = (value: Value | undefined, otherwise: string): string => (value ? text(value) : otherwise);

/** A text's words without case and accents, with a space around each. */
const words = (value: Value): string =>
  ` ${(
    text(value)
      .toLowerCase()
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).join(" ")} `;

const mentions = ([answer = null, ...sought]: Value[]): boolean => {
  const said = isEmpty(answer) ? "" : words(answer);
  return sought.flat().some((word) => !isEmpty(word) && !!words(word).trim() && said.includes(words(word)));
};

export const FUNCTIONS: Record<string, Function> = {
  age: [([born, unit], clock) => between(given(born, clock), clock.wall, unitOf(unit, "years")), 1, 2],
  avg: [(values) => sum(values) / (numbers(values).length || 1), 0, MANY],
  count: [(values) => flat(values).length, 0, MANY],
  currentDate: [(_, clock) => clock.wall, 0, 0],
  currentYear: [(_, clock) => clock.wall.getUTCFullYear(), 0, 0],
  dateAdd: [
    ([date, count, unit], clock) => {
      const wall = given(date, clock);
      return wall && count ? shifted(wall, count, unitOf(unit, "days")) : null;
    },
    2,
    3,
  ],
  dateDiff: [
    ([first, second, unit], clock) => between(given(first, clock), given(second, clock), unitOf(unit, "days")),
    2,
    3,
  ],
  day: [part((wall) => wall.getUTCDate()), 0, 1],
  diffDays: [([first, second], clock) => between(given(first, clock), given(second, clock), "days") ?? 0, 2, 2],
  getDate: [([value], clock) => given(value, clock), 1, 1],
  getYear: [([value], clock) => given(value, clock)?.getUTCFullYear() ?? null, 1, 1],
  iif: [([condition, then = null, otherwise = null]) => (condition ? then : otherwise), 2, 3],
  max: [(values) => extreme(values, (one, best) => less(best, one)), 0, MANY],
  mentions: [mentions, 2, MANY],
  min: [(values) => extreme(values, less), 0, MANY],
  month: [part((wall) => wall.getUTCMonth() + 1), 0, 1],
  round: [(values) => rounding(values, round), 1, 2],
  sum: [sum, 0, MANY],
  today: [([days = 0], clock) => shifted(cut(clock.wall, DAY), days, "days"), 0, 1],
  trunc: [(values) => rounding(values, trunc), 1, 2],
  weekday: [part((wall) => wall.getUTCDay()), 0, 1],
  year: [part((wall) => wall.getUTCFullYear()), 0, 1],
};
