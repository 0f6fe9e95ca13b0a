// Values as JSON: a date as {$date}, what is infinite or not a number as null.
export function said(value) {
  if (value instanceof Date) return isNaN(value) ? null : { $date: value.toISOString().slice(0, 19) };
  if (Array.isArray(value)) return value.map(said);
  if (value === undefined || (typeof value === "number" && !isFinite(value))) return null;
  return Object.is(value, -0) ? 0 : value;
}
