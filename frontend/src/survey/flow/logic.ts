// What src/cxloop/collect/surveys/flow/browser.py writes: a survey's logic without its texts.

import type { Node as Tree, Value, Values } from "../expressions/evaluate";

export interface Ask {
  form: "one" | "some" | "rows" | "text" | "line" | "number" | "range" | "file";
  /** What can be chosen, each with the condition that it is there under. */
  choices?: [Value, Tree?][];
  rows?: Value[];
  unique?: true;
  whole?: true;
  min?: number | string;
  max?: number | string;
  longest?: number;
  input?: string;
  required?: true | Tree;
  locked?: true;
  enabled?: Tree;
  default?: Value;
  comment?: true;
  other?: true;
  none?: true;
  /** Of a ranking: whether only some may be put into an order. */
  loose?: true;
  least?: number;
  most?: number;
  checks?: Check[];
  setIf?: Tree;
  set?: Tree;
  reads?: string[];
}

export interface Check {
  type: "numeric" | "text" | "email" | "regex" | "answercount" | "expression";
  min_value?: number;
  max_value?: number;
  min_length?: number;
  max_length?: number;
  allow_digits?: boolean;
  regex?: string;
  case_insensitive?: boolean;
  min_count?: number;
  max_count?: number;
  expression?: Tree;
}

export interface Element {
  at: number;
  name: string;
  kind: string;
  /** Places of the page and the panels that it lies in, the page first. */
  in?: number[];
  when?: Tree[];
  never?: true;
  /** What lies in it comes in a random order. */
  random?: true;
  ask?: Ask;
}

export interface Logic {
  nodes: Element[];
  order?: number[];
  calculated?: [string, Tree][];
  loops?: boolean;
  /** Answers of other pages, and variables of the link. */
  values?: Values;
}

/** The whole of a survey, as a kiosk has it. */
export interface Whole extends Logic {
  triggers: Tree[];
  closings: Tree[];
  hidden: { [name: string]: Value };
}
