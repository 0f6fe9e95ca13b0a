// Runs the browser's evaluator, bundled into the file given as the first argument, over the cases on the standard input:
// {now, cases: [{expression, values}]}.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { said } from "./said.mjs";

const { evaluate, ExpressionError, holds, parse } = await import(pathToFileURL(process.argv[2]));
const { now, cases } = JSON.parse(readFileSync(0, "utf8"));

const results = cases.map(({ expression, values }) => {
  try {
    const tree = parse(expression);
    return { reads: true, tree, value: said(evaluate(tree, values, now)), holds: holds(tree, values, now) };
  } catch (failure) {
    if (failure instanceof ExpressionError) return { reads: false, position: failure.position };
    return { failed: String(failure), expression, values };
  }
});
process.stdout.write(JSON.stringify(results));
