// Plays surveys in the browser's flow, bundled into the file given as the first argument: on the standard input
// [{logic, variables, now, steps: [[page, {name: value}]]}], on the standard output what is seen after each step.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { accept, begin, ending, nextPage, previousPage, settle, shownPages } = await import(pathToFileURL(process.argv[2]));

const seen = (logic, now, settled, problems, page) => ({
  values: settled.values,
  calculated: settled.calculated,
  pages: shownPages(settled),
  questions: logic.nodes.filter(({ at, ask }) => ask && settled.shown.has(at)).map(({ name }) => name),
  required: logic.nodes.filter(({ at, ask }) => ask && settled.shown.has(at) && settled.required(ask)).map(({ name }) => name),
  offered: Object.fromEntries(
    logic.nodes.filter(({ at, ask }) => ask?.choices && settled.shown.has(at)).map(({ name, ask }) => [name, settled.offered(ask)]),
  ),
  problems: problems.map(({ question, code }) => [question, code]),
  next: nextPage(logic, settled.values, page, now) ?? null,
  previous: page === undefined ? null : (previousPage(logic, settled.values, page, now) ?? null),
  ending: ending(logic, settled.values, now),
});

const results = JSON.parse(readFileSync(0, "utf8")).map(({ logic, variables, now, steps }) => {
  let settled = begin(logic, variables, now);
  const told = [seen(logic, now, settled, [])];
  for (const [page, given] of steps) {
    const accepted = accept(logic, settled.values, page, given, now);
    // the values alone go on to the next page, as on the server
    settled = settle(logic, accepted.settled.values, now);
    told.push(seen(logic, now, settled, accepted.problems, page));
  }
  return told;
});
process.stdout.write(JSON.stringify(results));
