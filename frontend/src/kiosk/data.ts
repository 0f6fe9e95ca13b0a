// What src/cxloop/collect/surveys/pages/kiosk.py writes into the page of a kiosk.

import type { Whole } from "../survey/flow";
import type { ExitCode } from "./staff";

export interface Language {
  code: string;
  name: string;
  dir: "ltr" | "rtl";
  title: string;
  description: string;
  /** What the pages and the kiosk say by themselves. */
  words: Record<string, string>;
  /** The words of choices, by question and value, for answers that are piped into texts. */
  texts: Record<string, Record<string, string>>;
  /** What is said at the end: the survey's own, then those under a condition. */
  closings: string[];
  /** Why an answer is not enough, by question and code. */
  messages: Record<string, Record<string, string>>;
}

export interface Data {
  survey: string;
  version: number;
  logic: Whole;
  languages: Language[];
  idle: number;
  exit: ExitCode | null;
}
