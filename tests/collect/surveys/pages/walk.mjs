// Walks through surveys in SurveyJS as a respondent would: one case a line on the standard input, one walk a line out.
// A case: { document, variables, answers, second }: what is answered by question, and what where that is not enough.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Model } = createRequire(new URL("../expressions/", import.meta.url))("survey-core");

const asks = (question) => question.getType() !== "html";
const here = (page) => page.questions.filter((question) => asks(question) && question.isVisibleInSurvey);

// Answers everything that is shown on the page, also what that brings up, until nothing changes.
function fill(page, answers) {
  for (let round = 0, before = ""; round < 20; round += 1) {
    const now = JSON.stringify([page.survey.data, here(page).map((question) => question.name)]);
    if (now === before) return;
    before = now;
    for (const question of page.questions.filter(asks)) {
      if (question.isVisibleInSurvey && (answers[question.name] ?? null) !== null) question.value = answers[question.name];
    }
  }
}

function walk({ document, variables, answers, second }) {
  const survey = new Model({ ...document, clearInvisibleValues: "onHiddenContainer", questionsOnPageMode: "standard" });
  for (const [name, value] of Object.entries(variables)) survey.setVariable(name, value);
  const path = [];
  const given = { ...answers };
  for (let turn = 0; turn < 100 && survey.state === "running"; turn += 1) {
    const page = survey.currentPage;
    fill(page, given);
    const wrong = here(page).filter((question) => !question.validate(false));
    if (wrong.length > 0) {
      for (const question of wrong) given[question.name] = second[question.name];
      continue;
    }
    path.push(page.name);
    if (survey.isLastPage) survey.completeLastPage();
    else survey.nextPage();
  }
  return { path, data: survey.data, state: survey.state };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(walk(JSON.parse(line)))}\n`);
}
