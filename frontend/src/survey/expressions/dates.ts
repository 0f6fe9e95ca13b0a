// Dates as wall-clock times, as in src/cxloop/collect/surveys/expressions/dates.py.

import type { Value } from "./values";

const MINUTE = 60_000;
export const DAY = 86_400_000;
/** Milliseconds of the units that are always as long. */
export const STEPS: Record<string, number> = { days: DAY, hours: 3_600_000, minutes: MINUTE, seconds: 1000 };
const WRITTEN = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:(\.\d{1,3})\d*)?)?(Z|[+-]\d\d:\d\d)?)?$/;

export interface Clock {
  /** The wall clock, in the UTC fields. */
  wall: Date;
  /** Milliseconds that it is ahead of UTC. */
  offset: number;
}

const minutes = (zone: string): number =>
  zone === "Z" ? 0 : Number(zone[0] + "1") * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));

/** The clock at a moment, by default that of this device; `now` is written as 2026-05-01T10:00:00+02:00. */
export function clockOf(now?: string): Clock {
  const here = new Date();
  const offset = (now ? minutes(WRITTEN.exec(now)?.[5] ?? "Z") : -here.getTimezoneOffset()) * MINUTE;
  const wall = now ? read(now, 0, true) : new Date(Number(here) + offset);
  return { wall: wall ?? here, offset };
}

/** A time between the years 1 and 9999, or null. */
const bounded = (time: number): Date | null => {
  const date = new Date(time);
  return date.getUTCFullYear() > 0 && date.getUTCFullYear() < 10_000 ? date : null;
};

function read(written: string, offset: number, naive = false): Date | null {
  const [, day = "", time = "00:00", seconds = "00", parts = "", zone] = WRITTEN.exec(written) ?? [];
  // the fields, and not only their sum, have to be right: 30 February is no date
  const wall = new Date(`${day}T${time}:${seconds}${parts}Z`);
  if (isNaN(Number(wall)) || wall.toISOString().slice(0, 16) !== `${day}T${time}`) return null;
  return zone && !naive ? bounded(Number(wall) - minutes(zone) * MINUTE + offset) : bounded(Number(wall));
}

/** The time that a value says, or null: an ISO date with or without a time, or milliseconds. */
export function dateOf(value: Value, clock: Clock): Date | null {
  if (value instanceof Date) return value;
  if (typeof value === "string") return read(value, clock.offset);
  return typeof value === "number" ? bounded(Math.trunc(value) + clock.offset) : null;
}

export const dateText = (wall: Date): string => wall.toISOString().slice(0, Number(wall) % DAY ? 19 : 10);

/** A date with everything finer than a unit, in milliseconds, taken away. */
export const cut = (wall: Date, unit: number): Date => new Date(Math.floor(Number(wall) / unit) * unit);

const month = (wall: Date): number => wall.getUTCFullYear() * 12 + wall.getUTCMonth();

export const monthsBetween = (first: Date, second: Date): number =>
  month(second) - month(first) - Number(second.getUTCDate() < first.getUTCDate());

/** A time moved by whole units; 31 January and a month is 3 March, as everywhere in JavaScript. */
export function add(wall: Date, count: number, unit: string): Date | null {
  const steps = Math.trunc(count);
  const months = unit === "months" ? steps : unit === "years" ? steps * 12 : 0;
  const moved = new Date(wall);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  return months || !steps ? bounded(Number(moved)) : bounded(Number(wall) + steps * (STEPS[unit] ?? NaN));
}
