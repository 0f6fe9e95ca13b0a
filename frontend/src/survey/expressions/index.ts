// SurveyJS's expression language: conditions, calculated values, piped texts. The server has the same in
// src/cxloop/collect/surveys/expressions; one list of cases holds both.

export * from "./evaluate";
export { ExpressionError, parse } from "./parse";
