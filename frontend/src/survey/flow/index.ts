// The logic of a survey in the browser. src/cxloop/collect/surveys/flow has the same; one list of cases holds both.

export { accept, begin, type Accepted, type Problem } from "./accept";
export type { Ask, Element, Logic, Whole } from "./logic";
export { ending, nextPage, previousPage, shownPages } from "./moving";
export { Settled, settle } from "./settle";
export { COMMENT, isEmpty, NONE, OTHER, same } from "./values";
