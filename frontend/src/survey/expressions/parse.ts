// From text to tree, by precedence climbing. parser.py beside the server's evaluator reads the same, and words its
// errors for people: what is published has passed there, so here a place is enough.

import { FUNCTIONS } from "./functions";
import type { Value } from "./values";

export type Node =
  | ["value", Value]
  | ["name", string, boolean]
  | ["array", Node[]]
  | ["call", string, Node[]]
  | ["unary", string, Node]
  | ["binary", string, Node, Node];

const LEVELS = "or|and|== != < <= > >=|+ -|* / %|^|contains notcontains anyof allof noneof".split("|");
const SPELLINGS = new Map(
  "||:or &&:and =:== equal:== equals:== <>:!= notequal:!= notequals:!= less:< greater:> =<:<= lessorequal:<= =>:>= greaterorequal:>= power:^ *=:contains contain:contains notcontain:notcontains"
    .split(" ")
    .map((pair) => pair.split(":") as [string, string]),
);
const LEVEL = new Map(LEVELS.flatMap((operators, at) => operators.split(" ").map((each) => [each, at] as const)));
const TOKEN =
  /[ \t\r\n]+|(0x\d+|\d+\.\d+|[1-9]\d*|0)|([a-z_]\w*)|('(?:\\['"]|[^'])*'|"(?:\\['"]|[^"])*")|(\{[^{}]*\})|\|\||&&|[<>!=*]=|=[<>]|<>|[=<>+\-*/%^()!\[\],]/iy;
const LONGEST = 8000;
const DEEPEST = 40;
const MOST = 500;

/** An expression that cannot be read; `position` is a character, from 1. */
export class ExpressionError extends Error {
  constructor(readonly position: number) {
    super(`Not readable at character ${position}`);
  }
}

interface Token {
  kind: "number" | "word" | "text" | "name" | "sign" | "end";
  text: string;
  at: number;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new ExpressionError(at + 1);
    const kind = match[1] ? "number" : match[2] ? "word" : match[3] ? "text" : match[4] ? "name" : "sign";
    if (match[0].trim()) found.push({ kind, text: match[0], at: at + 1 });
    at += match[0].length;
  }
  return [...found, { kind: "end", text: "", at: text.length + 1 }];
}

/** Reads an expression; throws ExpressionError. */
export function parse(text: string): Node {
  if (text.length > LONGEST) throw new ExpressionError(LONGEST);
  const list = tokens(text);
  let place = 0;
  let depth = 0;
  let terms = 0;
  const next = (ahead = 0): Token => list[Math.min(place + ahead, list.length - 1)] as Token;
  const spelling = ({ kind, text: word }: Token): string => {
    const small = kind === "word" || kind === "sign" ? word.toLowerCase() : "";
    return SPELLINGS.get(small) ?? small;
  };
  const fail = (at = next().at): never => {
    throw new ExpressionError(at);
  };
  const takes = (sign: string): boolean => {
    const found = next().kind === "sign" && next().text === sign;
    place += Number(found);
    return found;
  };
  const nested = <T>(read: () => T): T => {
    if (++depth > DEEPEST) fail();
    const result = read();
    depth--;
    return result;
  };

  function binary(level: number): Node {
    let left = factor();
    for (;;) {
      const operator = spelling(next());
      const its = LEVEL.get(operator) ?? -1;
      if (its < level) return left;
      place++;
      left = ["binary", operator, left, binary(its + 1)];
    }
  }

  function factor(): Node {
    if (["!", "not", "negate"].includes(spelling(next()))) {
      place++;
      return ["unary", "not", nested(factor)];
    }
    const operand = primary();
    const after = spelling(next());
    if (after !== "empty" && after !== "notempty") return operand;
    place++;
    return ["unary", after, operand];
  }

  function primary(): Node {
    if (++terms > MOST) fail();
    if (takes("("))
      return nested(() => {
        const inner = binary(0);
        if (!takes(")")) fail();
        return inner;
      });
    return takes("[") ? ["array", sequence("]")] : atom();
  }

  const sequence = (end: string): Node[] =>
    nested(() => {
      const items: Node[] = [];
      if (takes(end)) return items;
      do items.push(binary(0));
      while (takes(","));
      if (!takes(end)) fail();
      return items;
    });

  function atom(): Node {
    const token = next();
    const after = next(1);
    if (token.text === "-" && after.kind === "number" && after.at === token.at + 1) {
      place += 2;
      return ["value", 0 - Number(after.text)];
    }
    if (token.kind === "word") return word(token);
    if (token.kind === "sign" || token.kind === "end") fail();
    place++;
    if (token.kind === "number") return ["value", Number(token.text)];
    const inner = token.text.slice(1, -1);
    if (token.kind === "text") return ["value", inner.replace(/\\(['"])/g, "$1")];
    const path = inner.trim();
    const raw = path.startsWith("#");
    if (!path || path === "#" || path[Number(raw)] === "$") fail(token.at);
    return ["name", path.slice(Number(raw)), raw];
  }

  function word(token: Token): Node {
    const small = spelling(token);
    place++;
    if (takes("(")) {
      const [, least, most] = (Object.hasOwn(FUNCTIONS, token.text) && FUNCTIONS[token.text]) || fail(token.at);
      const given = sequence(")");
      if (given.length < least || given.length > most) fail(token.at);
      return ["call", token.text, given];
    }
    if (small === "true" || small === "false") return ["value", small === "true"];
    if (token.text === "null" || token.text === "undefined") return ["value", null];
    if (LEVEL.has(small) || small === "empty" || small === "notempty") fail(token.at);
    return ["value", token.text];
  }

  const tree = binary(0);
  if (next().kind !== "end") fail();
  return tree;
}
