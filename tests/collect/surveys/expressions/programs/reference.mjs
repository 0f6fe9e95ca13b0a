// Runs SurveyJS itself over the cases on its standard input: {now, cases: [{expression, values}]}, with TZ=UTC.
import { readFileSync } from "node:fs";
import { ConditionRunner, ConditionsParser, ExpressionRunner, settings } from "survey-core";
import { said } from "./said.mjs";

const { now, cases } = JSON.parse(readFileSync(0, "utf8"));
settings.onDateCreated = (made, reason, value) => (value ? made : new Date(now));
console.warn = () => {};

const tried = (work) => {
  try {
    return work();
  } catch (failure) {
    return { $failed: String(failure) };
  }
};
const reads = (expression) => {
  const parser = new ConditionsParser();
  parser.parseExpression(expression);
  return !parser.error;
};
const results = cases.map(({ expression, values }) => ({
  reads: reads(expression),
  value: said(tried(() => new ExpressionRunner(expression).runValues(values))),
  holds: tried(() => new ConditionRunner(expression).runValues(values)),
}));
process.stdout.write(JSON.stringify(results));
