// Answers brought to rest, as in src/cxloop/collect/surveys/flow/settling.py: what is hidden is dropped, what is worked
// out is worked out, until nothing changes.

import { evaluate, holds, type Node as Tree, type Value, type Values } from "../expressions/evaluate";
import type { Ask, Element, Logic } from "./logic";
import { COMMENT, fitting, isEmpty, NONE, OTHER, same } from "./values";

const MOST_ROUNDS = 50;

export class Settled {
  calculated: Values = {};
  shown = new Set<number>();

  constructor(
    readonly logic: Logic,
    public values: Values,
    readonly now?: string,
  ) {}

  get everything(): Values {
    return { ...this.values, ...this.calculated };
  }

  holds(condition: Tree): boolean {
    return holds(condition, this.everything, this.now);
  }

  calculate(): void {
    this.calculated = {};
    for (const [name, tree] of this.logic.calculated ?? []) {
      const found = evaluate(tree, this.everything, this.now);
      if (!isEmpty(found)) this.calculated[name] = found;
    }
  }

  shows(question: string): boolean {
    return this.logic.nodes.some(({ ask, name, at }) => ask && name === question && this.shown.has(at));
  }

  required({ required }: Ask): boolean {
    return required === true || (!!required && this.holds(required));
  }

  locked({ locked, enabled }: Ask): boolean {
    return !!locked || (!!enabled && !this.holds(enabled));
  }

  /** The values that can be chosen now. */
  offered(ask: Ask): Value[] {
    const there = (ask.choices ?? []).filter(([, when]) => !when || this.holds(when)).map(([value]) => value);
    return [...there, ...(ask.none ? [NONE] : []), ...(ask.other ? [OTHER] : [])];
  }
}

/**
 * Answers at rest. With `before`, what became visible gets its default, and what reads something that changed is set
 * anew; `given` are questions that were answered in this change, whose answers win over what would be set.
 */
export function settle(
  logic: Logic,
  answers: Values,
  now?: string,
  before?: Settled,
  given: readonly string[] = [],
): Settled {
  const values = Object.entries(answers).filter(([, value]) => !isEmpty(value));
  const settled = new Settled(logic, Object.fromEntries(values), now);
  settled.calculate();
  let old = before?.everything ?? {};
  sweep(settled, before?.shown);
  let kept = given;
  for (let round = 0; before && round < MOST_ROUNDS; round++) {
    const changed = changes(old, settled.everything);
    old = settled.everything;
    const shown = new Set(settled.shown);
    const appeared = new Set([...shown].filter((place) => !before.shown.has(place)));
    if (!changed.length || !set(settled, changed, kept, appeared)) break;
    sweep(settled, shown);
    kept = [];
  }
  return settled;
}

const changes = (old: Values, now: Values): string[] =>
  Object.keys({ ...old, ...now }).filter((name) => !(name in old && name in now && same(old[name], now[name])));

/** Decides what is shown, in the order of who reads whom; once more where conditions run in a circle. */
function sweep(settled: Settled, shownBefore?: Set<number>): void {
  const { logic } = settled;
  const order = logic.order ?? [];
  const byPlace = new Map(logic.nodes.map((node) => [node.at, node]));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const start = { ...settled.values };
    settled.shown = new Set();
    for (const place of order) decide(settled, byPlace.get(place) as Element, shownBefore);
    if (same(start, settled.values) || !logic.loops) return;
    // a default that hid its own question must not come back in the next round
    shownBefore = new Set(order);
  }
}

function decide(settled: Settled, node: Element, shownBefore?: Set<number>): void {
  const { at, name, ask } = node;
  if (!node.never && (node.when ?? []).every((condition) => settled.holds(condition))) {
    [at, ...(node.in ?? [])].forEach((place) => settled.shown.add(place));
    if (!ask) return;
    narrow(settled, name, ask);
    if (shownBefore && !shownBefore.has(at)) put(settled, name, ask, ask.default ?? null, false);
  } else if (ask) drop(settled, name);
}

function drop(settled: Settled, name: string): void {
  const names = [name, name + COMMENT].filter((each) => each in settled.values);
  names.forEach((each) => delete settled.values[each]);
  if (names.length) settled.calculate();
}

/** Takes choices out of an answer that are not there any more. */
function narrow(settled: Settled, name: string, ask: Ask): void {
  const value = settled.values[name];
  if (value === undefined) return;
  const gone = (ask.choices ?? []).filter(([, when]) => when && !settled.holds(when)).map(([each]) => each);
  const isGone = (each: Value): boolean => gone.some((one) => same(one, each));
  const rest = Array.isArray(value) ? value.filter((each) => !isGone(each)) : value;
  if (Array.isArray(rest) ? !rest.length : isGone(value)) drop(settled, name);
  else if (!same(rest, value)) {
    settled.values[name] = rest;
    settled.calculate();
  }
}

/** Sets a question to a value that it can have; returns whether that changed it. */
function put(settled: Settled, name: string, ask: Ask, value: Value, over: boolean): boolean {
  const present = settled.values[name];
  if (!over && (isEmpty(value) || present !== undefined)) return false;
  let found: Value | undefined;
  try {
    found = isEmpty(value) ? undefined : fitting(ask, value);
  } catch {
    return false;
  }
  if (same(found, present)) return false;
  delete settled.values[name];
  if (found !== undefined) settled.values[name] = found;
  settled.calculate();
  return true;
}

/** Sets the questions whose expressions read something that changed; returns whether any changed. */
function set(settled: Settled, changed: string[], kept: readonly string[], appeared: Set<number>): boolean {
  const small = changed.map((name) => name.toLowerCase());
  let did = false;
  for (const { at, name, ask } of settled.logic.nodes) {
    if (!ask || !settled.shown.has(at) || kept.includes(name)) continue;
    const fresh = appeared.has(at) && !(name in settled.values) && ask.set;
    const news = small.some((each) => each !== name.toLowerCase() && ask.reads?.includes(each));
    if (!(ask.set || ask.setIf) || !(fresh || news)) continue;
    if (ask.setIf && !settled.holds(ask.setIf)) continue;
    const value = ask.set ? evaluate(ask.set, settled.everything, settled.now) : null;
    did = put(settled, name, ask, value, true) || did;
  }
  return did;
}
