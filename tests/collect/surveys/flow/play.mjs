// Plays surveys in SurveyJS and prints what a respondent sees: cases come as JSON on the standard input.
// A case: { document, variables, steps: [{ page, given: [[name, value], ...] }], afresh }.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Model } = createRequire(new URL("../expressions/", import.meta.url))("survey-core");

const asks = (question) => question.getType() !== "html";

function enter(survey, given) {
  for (const [name, value] of given) {
    const question = survey.getQuestionByName(name);
    if (question !== null && question.isVisibleInSurvey && !question.isReadOnly && value !== null) {
      question.value = value;
    }
  }
}

function seen(survey, page) {
  const shown = survey.getAllQuestions().filter((question) => question.isVisibleInSurvey);
  const here = shown.filter((question) => asks(question) && question.page.name === page);
  return {
    pages: survey.visiblePages.map((each) => each.name),
    questions: shown.filter(asks).map((question) => question.name),
    statements: shown.filter((question) => !asks(question)).map((question) => question.name),
    required: shown.filter((question) => asks(question) && question.isRequired).map((question) => question.name),
    titles: Object.fromEntries(shown.filter(asks).map((question) => [question.name, question.locTitle.renderedHtml])),
    values: survey.data,
    wrong: here.filter((question) => !question.validate(false)).map((question) => question.name),
  };
}

function begin({ document, variables }) {
  const survey = new Model({ ...document, clearInvisibleValues: "onHiddenContainer", questionsOnPageMode: "standard" });
  for (const [name, value] of Object.entries(variables ?? {})) survey.setVariable(name, value);
  return survey;
}

function play(kase) {
  let survey = begin(kase);
  const told = [seen(survey, null)];
  let kept = {};
  for (const { page, given } of kase.steps) {
    if (kase.afresh) {
      // What was answered before is entered anew, so that no order in which somebody went back plays a part.
      const sent = Object.fromEntries(given);
      survey = begin(kase);
      enter(survey, kase.order.map((name) => [name, name in sent ? sent[name] : (kept[name] ?? null)]));
      kept = survey.data;
    } else {
      enter(survey, given);
    }
    told.push(seen(survey, page));
  }
  return told;
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(play)));
