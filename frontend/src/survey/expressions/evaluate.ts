// What expressions come to, on the pages of surveys. Their trees come from the server (`for_browser` of
// src/cxloop/collect/surveys/expressions), so that a page needs no parser; index.ts adds one.

import { type Clock, clockOf } from "./dates";
import { FUNCTIONS } from "./functions";
import { isTrue, OPERATORS } from "./operators";
import type { Node } from "./parse";
import { correct, isEmpty, isObject, type Value } from "./values";

export type { Node } from "./parse";
export type { Value } from "./values";

export type Values = { [name: string]: Value };

/** What an expression comes to. `now` is written as 2026-05-01T10:00:00+02:00; without it the device's clock counts. */
export const evaluate = (tree: Node, values: Values, now?: string): Value => finite(run(tree, values, clockOf(now)));

/** Whether an expression holds as a condition. */
export const holds = (tree: Node, values: Values, now?: string): boolean => isTrue(run(tree, values, clockOf(now)));

const finite = (value: Value): Value =>
  Array.isArray(value) ? value.map(finite) : typeof value === "number" && !isFinite(value) ? null : value;

function run(tree: Node, values: Values, clock: Clock): Value {
  const value = (node: Node): Value => {
    switch (node[0]) {
      case "value":
        return node[1];
      case "name": {
        const found = lookUp(values, node[1]);
        return node[2] ? found : correct(found);
      }
      case "array":
        return node[1].map(value);
      case "call":
        return FUNCTIONS[node[1]]?.[0](node[2].map(value), clock) ?? null;
      case "unary": {
        const said = value(node[2]);
        return node[1] === "not" ? !said : isEmpty(said) === (node[1] === "empty");
      }
      case "binary":
        return OPERATORS[node[1]]?.(value(node[2]), value(node[3]), clock) ?? null;
    }
  };
  return value(tree);
}

/** What stands at a path, or null; the longest name wins, its case plays no part, [-1] is the last of a list. */
export function lookUp(values: Values, path: string): Value {
  const steps = path.split(".").map((step) => {
    const [, name, index] = /^(.*)\[(-?\d{1,9})\]$/s.exec(step) ?? [];
    return name === undefined ? ([step] as const) : ([name, Number(index)] as const);
  });
  const missing = path.endsWith(".length") ? 0 : null;
  let value: Value = values;
  for (let at = 0; at < steps.length; ) {
    const indexed = steps.findIndex((step, place) => place >= at && step[1] !== undefined);
    let end = indexed < 0 ? steps.length : indexed + 1;
    let found: Value | undefined;
    for (; end > at; end--) {
      const name = steps.slice(at, end).map((step) => step[0]);
      found = member(value, name.join("."));
      if (found !== undefined) break;
    }
    if (found === undefined) return missing;
    const index: number | undefined = steps[end - 1]?.[1];
    if (index !== undefined) found = Array.isArray(found) ? found.at(index) : undefined;
    if (found === undefined) return missing;
    value = found;
    at = end;
  }
  return value;
}

function member(value: Value, name: string): Value | undefined {
  if (name === "length" && (Array.isArray(value) || typeof value === "string")) return value.length;
  if (!name || !isObject(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  const key = Object.keys(value).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : value[key];
}

/** A text with what `resolve` says for each {name}; undefined leaves it as written. Nothing is escaped. */
export const fill = (text: string, resolve: (path: string) => string | undefined): string =>
  text.replace(/\{([^{}:]+)\}/g, (written, path: string) => (path.trim() ? (resolve(path.trim()) ?? written) : written));
